import { loopDetectorOf } from "./agent-check.ts";
import { createRooms } from "./agent-context.ts";
import type { AgentOptions, AgentRuntime } from "./agent-options.ts";
import { createClient, createRetry, createRetryBudget, type Retry } from "./client/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { AgentError } from "./errors.ts";
import type { Fingerprint, RunLimits, StoredEvent } from "./event/index.ts";
import { DEFAULT_LIMITS, type LoopServices, type Mailbox, type Room } from "./loop/index.ts";
import type { Model, ModelSettings } from "./model/index.ts";
import { createOutput, type TypedOutput } from "./output/index.ts";
import { withoutUndefined } from "./own.ts";
import { fingerprintOf } from "./resume/index.ts";
import { createToolbox, type Toolbox } from "./tool/index.ts";

/** What the runs of an agent share. */
export interface AgentParts {
  options: AgentOptions;
  model: Model;
  toolbox: Toolbox;
  output: TypedOutput | undefined;
  settings: ModelSettings;
  /** With the defaults, as the options below. */
  limits: RunLimits;
  policies: Pick<
    LoopServices,
    "correctionBudget" | "toolCallsPerTurn" | "loopDetector" | "untrusted" | "unknownOutcome"
  >;
  /** How long conversations with a model may get. */
  roomFor(model: Model): Room;
  /** The agent's policy, paid from the budget of the client that its model came from. */
  retry: Retry;
  runtime: Required<Pick<AgentRuntime, "clock" | "createId" | "random">>;
  /** Asked for by the first run, and the same for all. */
  fingerprint(): Promise<Fingerprint>;
  /** Runs that go on in this process, so that a decision made here is heard at once. */
  live: Map<string, LiveRun>;
}

export interface LiveRun {
  mailbox: Mailbox;
  /** The list grows while the run goes on. */
  events: readonly StoredEvent[];
}

/** Puts an agent's parts together. @throws {AgentError} as `createAgent`. */
export function wireParts(options: AgentOptions): AgentParts {
  const { clock = systemClock, createId = createUuid, random = Math.random } = options.runtime ?? {};
  const { name, output } = options;
  const toolbox = createToolbox(options.tools ?? []);
  if (output !== undefined) refuseEndsRun(name, toolbox);
  refuseExposed(options, toolbox);
  const model = modelOf(options, clock, random);
  const budget = model.retryBudget ?? createRetryBudget();
  const typed = output === undefined ? undefined : createOutput(output, `createAgent "${name}": output`);
  let fingerprint: Promise<Fingerprint> | undefined;
  return {
    options,
    model,
    retry: createRetry({ policy: options.retry ?? {}, clock, random, budget }),
    toolbox,
    output: typed,
    settings: options.settings ?? {},
    limits: { ...DEFAULT_LIMITS, ...withoutUndefined(options.limits) },
    policies: {
      correctionBudget: options.correctionBudget ?? 2,
      toolCallsPerTurn: options.toolCallsPerTurn ?? 128,
      loopDetector: loopDetectorOf(options.loopDetector),
      untrusted: options.untrusted ?? "approve",
      unknownOutcome: options.unknownOutcome ?? "ask",
    },
    roomFor: createRooms(options.context, (summariser) => modelOf({ model: summariser }, clock, random)),
    runtime: { clock, createId, random },
    fingerprint() {
      fingerprint ??= fingerprintOf({ model, toolbox, instructions: textOf(options), output: typed?.format });
      return fingerprint;
    },
    live: new Map(),
  };
}

/**
 * In one piece: Node puts a UUID together of some twenty strings, which all stay for as long as nobody has read it. It is in lower case
 * already.
 */
function createUuid(): string {
  return crypto.randomUUID().toLowerCase();
}

/** A tool that ends the run answers with its own result, and then there is no answer of the model to be checked. */
function refuseEndsRun(agent: string, { names, get }: Toolbox): void {
  const ending = names.find((name) => get(name)?.endsRun === true);
  if (ending === undefined) return;
  throw new AgentError(
    "invalid_option",
    `createAgent "${agent}" has output, and its tool ${ending} has endsRun: a run that ends with a tool's result has no answer of the model to check. Leave out one of the two.`,
  );
}

/** What a query, an opened address or the arguments of a remote tool say leaves the house before anybody sees it. */
function refuseExposed({ name: agent, allowPrivate = [] }: AgentOptions, { names, get, serverTools }: Toolbox): void {
  if (!Array.isArray(allowPrivate)) {
    const message = `createAgent "${agent}": allowPrivate is a list of names of tools, such as allowPrivate: ["read_mail"].`;
    throw new AgentError("invalid_option", message);
  }
  const unknown = allowPrivate.find((name) => get(name)?.private !== true);
  if (unknown !== undefined) {
    const message = `createAgent "${agent}": allowPrivate names ${JSON.stringify(unknown)}, which is no private tool of it. Name tools that have private: true.`;
    throw new AgentError("invalid_option", message);
  }
  const outward = serverTools.filter(({ kind }) => kind === "web_search" || kind === "x_search" || kind === "mcp");
  const exposed = names.filter((name) => get(name)?.private === true && !allowPrivate.includes(name));
  if (outward.length === 0 || exposed.length === 0) return;
  const [ways, secrets] = [outward.map((tool) => tool.name).join(", "), exposed.join(", ")];
  throw new AgentError(
    "private_exposed",
    `createAgent "${agent}": ${secrets} may read secrets, and ${ways} runs at xAI: a query or an address there may carry them away, and nobody could stop it. ` +
      `Use two agents, or say that it is meant: allowPrivate: ${JSON.stringify(exposed)}.`,
  );
}

/** Instructions that a function gives are asked once a run, and stay what they came to: they are no part of the fingerprint. */
export function textOf({ instructions }: AgentOptions): string | undefined {
  return typeof instructions === "string" ? instructions : undefined;
}

export function modelOf(
  { model, api }: Pick<AgentOptions, "model" | "api">,
  clock: Clock,
  random: () => number,
): Model {
  if (typeof model !== "string") return model;
  return createClient({ clock, random }).model(model, api === undefined ? {} : { api });
}
