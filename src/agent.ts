import {
  type AgentOptions,
  type AgentRuntime,
  checkAgentOptions,
  checkRunOptions,
  loopDetectorOf,
  type RunInput,
  type RunOptions,
  type RunSettings,
} from "./agent-options.ts";
import { createClient, createRetry, createRetryBudget, type Retry } from "./client/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { AgentError } from "./errors.ts";
import type { ArtifactReader, ArtifactStore, CompletedResult, NewEvent, Reporting, RunResult } from "./event/index.ts";
import { completed, DEFAULT_LIMITS, type Run, startRun } from "./loop/index.ts";
import { checkMessage, checkMessages, type Message, pairMessages } from "./message/index.ts";
import { checkModelTools, checkSettings, type Model, type ModelSettings } from "./model/index.ts";
import { createOutput, type OutputOf, type TypedOutput } from "./output/index.ts";
import { ownOptions } from "./own.ts";
import { createMemoryArtifacts } from "./store/index.ts";
import {
  type AgentTool,
  type ContextOf,
  createToolbox,
  createToolSlots,
  nestingDepth,
  ownCopy,
  type Toolbox,
  type ToolSchema,
} from "./tool/index.ts";

/** Runs a model with tools until its work is done. Holds no state: what happened is in the record of each run. */
export interface Agent<Context = unknown, Output = unknown> {
  readonly name: string;
  /**
   * Runs to the end.
   * @returns the result of a completed run.
   * @throws {RunError} when the run does not complete; its `result` is all that the run came to.
   */
  run(input: RunInput, ...options: RunArguments<Context>): Promise<CompletedResult<Output> & Reporting>;
  /** Runs to the end and resolves with whatever came of it, told apart by `status`. */
  run(input: RunInput, options: RunOptions<Context> & { reject: false }): Promise<RunResult<Output> & Reporting>;
  /**
   * Starts at the call and hands back the run, to be read as it goes.
   * @throws {AgentError} `invalid_option` when the options cannot be meant, `run_limited` in the handlers of too many runs that stand
   * in each other (`maxDepth`). Everything later is an event.
   */
  stream(input: RunInput, ...options: RunArguments<Context>): Run<Output> & ArtifactReader;
}

/** Options may be left out when no tool needs a context. */
export type RunArguments<Context> = unknown extends Context
  ? [options?: RunOptions<Context> & { reject?: true }]
  : [options: RunOptions<Context> & { reject?: true }];

/**
 * Makes an agent.
 * @throws {AgentError} `invalid_option`, `unsupported_setting` (the model is known to refuse a setting),
 * `duplicate_tool`, `invalid_tool`, `invalid_schema` (an `output` that cannot be asked of the model).
 */
export function createAgent<
  const Tools extends readonly AgentTool[] = readonly [],
  const Schema extends ToolSchema | undefined = undefined,
>(given: AgentOptions<Tools, Schema>): Agent<ContextOf<Tools>, OutputOf<Schema>> {
  // Nothing that is read of them here has a type that depends on the tools.
  const options = (typeof given === "object" && given !== null ? ownOptions(given) : given) as AgentOptions;
  checkAgentOptions(options);
  const parts = wire(options);
  checkSettings(parts.model.id, parts.settings);
  checkModelTools(parts.model.id, {
    client: parts.toolbox.names.length,
    server: parts.toolbox.serverTools.length,
  });
  parts.model.accepts?.(parts.toolbox.serverTools, parts.settings);

  const stream = (input: RunInput, given: RunSettings & { context?: unknown } = {}): Run & ArtifactReader => {
    checkRunOptions(options.name, given);
    checkDepth(options.name, options.maxDepth ?? MAX_DEPTH);
    return start(parts, asMessages(input), ownOptions(given));
  };
  const run = async (
    input: RunInput,
    given: RunSettings & { reject?: boolean } = {},
  ): Promise<RunResult & Reporting> => {
    const started = stream(input, given);
    return await (given.reject === false ? started.result() : completed(started));
  };
  // The overloads say what the implementation does; the compiler cannot relate the two through the optional tuple.
  return { name: options.name, run, stream } as Agent<ContextOf<Tools>, OutputOf<Schema>>;
}

/** What the runs of an agent share. */
interface AgentParts {
  options: AgentOptions;
  model: Model;
  toolbox: Toolbox;
  output: TypedOutput | undefined;
  settings: ModelSettings;
  /** The agent's policy, paid from the budget of the client that its model came from. */
  retry: Retry;
  runtime: Required<Pick<AgentRuntime, "clock" | "createId" | "random">>;
}

function wire(options: AgentOptions): AgentParts {
  const { clock = systemClock, createId = () => crypto.randomUUID(), random = Math.random } = options.runtime ?? {};
  const { name, output } = options;
  const toolbox = createToolbox(options.tools ?? []);
  if (output !== undefined) refuseEndsRun(name, toolbox);
  const model = modelOf(options, clock, random);
  const budget = model.retryBudget ?? createRetryBudget();
  return {
    options,
    model,
    retry: createRetry({ policy: options.retry ?? {}, clock, random, budget }),
    toolbox,
    output: output === undefined ? undefined : createOutput(output, `createAgent "${name}": output`),
    settings: options.settings ?? {},
    runtime: { clock, createId, random },
  };
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

function modelOf({ model, api }: AgentOptions, clock: Clock, random: () => number): Model {
  if (typeof model !== "string") return model;
  return createClient({ clock, random }).model(model, api === undefined ? {} : { api });
}

const MAX_DEPTH = 4;

/** A handler that runs agents whose handlers run agents … would otherwise end with nothing but the last limit of the outermost. */
function checkDepth(agent: string, maxDepth: number): void {
  const depth = nestingDepth();
  if (depth < maxDepth) return;
  const message = `"${agent}" was not run: it would stand in the handlers of ${depth} runs that stand in each other, and maxDepth allows ${maxDepth} runs. Do the work here, or raise maxDepth.`;
  throw new AgentError("run_limited", message);
}

/** Not enumerable: a result stays plain data. */
function reading<T extends object>(target: T, artifact: ArtifactStore["get"]): T & ArtifactReader {
  return Object.defineProperty(target, "artifact", { value: artifact }) as T & ArtifactReader; // defined here and now
}

function start(
  parts: AgentParts,
  input: readonly Message[],
  given: RunSettings & { context?: unknown },
): Run & ArtifactReader {
  const { options, model, toolbox, runtime } = parts;
  const settings = { ...parts.settings, ...withoutUndefined(given.settings) };
  checkSettings(model.id, settings);
  const runId = `run_${runtime.createId()}`;
  const limits = { ...DEFAULT_LIMITS, ...withoutUndefined(options.limits), ...withoutUndefined(given.limits) };
  const conversation = given.conversation ?? runId;
  // A copy: what the application, or a handler of it, does to its messages later changes no record.
  const history = ownCopy([...(given.messages ?? []), ...input]);
  const artifacts = options.store?.artifacts ?? createMemoryArtifacts();
  const started = (instructions: string | undefined): readonly NewEvent[] => {
    const { messages, repairs } = pairMessages(history);
    const common = {
      agent: options.name,
      model: model.id,
      api: model.api,
      tools: [...toolbox.names, ...toolbox.serverTools.map((tool) => tool.name)],
    };
    const told = instructions === undefined ? {} : { instructions };
    return [
      { type: "run.started", turn: 0, ...common, ...told, messages, limits, conversation },
      ...repairs.map((message): NewEvent => ({ type: "warning", turn: 0, code: "history_repaired", message })),
      ...adviceOn(toolbox).map((message): NewEvent => ({ type: "warning", turn: 0, code: "server_tool", message })),
    ];
  };
  const run = startRun({
    runId,
    model,
    toolbox,
    output: parts.output,
    slots: createToolSlots(options.toolConcurrency ?? 8), // of its own: a handler may run the agent again
    settings,
    limits,
    conversation,
    correctionBudget: options.correctionBudget ?? 2,
    toolCallsPerTurn: options.toolCallsPerTurn ?? 128,
    loopDetector: loopDetectorOf(options.loopDetector),
    artifacts,
    context: given.context,
    clock: runtime.clock,
    createId: runtime.createId,
    retry: parts.retry,
    begin: async () => started(await instructionsFor(options, given.context)),
    beginFailed: () => started(undefined),
    signal: given.signal,
    persist: options.store === undefined ? undefined : (events) => options.store?.append(runId, events),
    createEpoch: epochs(runtime.createId()),
    buffer: options.runtime?.buffer,
    replay: options.runtime?.alwaysReplay,
  });
  return reading(run, artifacts.get);
}

/** What is allowed of server tools and may fail all the same. */
function adviceOn({ serverTools }: Toolbox): readonly string[] {
  return serverTools.flatMap((tool) => tool.advice ?? []);
}

/** Fresh in this process and in every other, at the cost of one random id a run. */
function epochs(prefix: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}.${count}`;
  };
}

async function instructionsFor({ instructions, name }: AgentOptions, context: unknown): Promise<string | undefined> {
  if (instructions === undefined) return undefined;
  // A run cannot be started without the context its tools need; that is checked where `run` and `stream` are typed.
  const text = typeof instructions === "string" ? instructions : await instructions(context as never);
  if (typeof text !== "string" || text === "") {
    throw new AgentError(
      "invalid_option",
      `The instructions of "${name}" came to ${typeof text === "string" ? "an empty text" : typeof text}; leave them out or return a text.`,
    );
  }
  return text;
}

function asMessages(input: unknown): readonly Message[] {
  if (typeof input === "string") {
    if (input === "")
      throw new AgentError("invalid_option", "The input is empty; xAI refuses a message without content.");
    return [{ role: "user", content: input }];
  }
  if (!Array.isArray(input)) {
    checkMessage(input, "input");
    return [input];
  }
  const messages: unknown = input;
  checkMessages(messages, "input");
  if (messages.length === 0)
    throw new AgentError("invalid_option", "The input has no messages; there is nothing to answer.");
  return messages;
}

/** An option that is undefined is one that is not set: it does not hide the one below it. */
function withoutUndefined<T extends object>(options: T | undefined): Partial<T> {
  // The values that are left have the types they had.
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}
