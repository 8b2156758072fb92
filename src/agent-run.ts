import { type Beginning, beginRun, isApart, started } from "./agent-begin.ts";
import { worstCaseOf } from "./agent-budget.ts";
import { leftOut, rehearsalOf } from "./agent-experiment.ts";
import type { RunSettings } from "./agent-options.ts";
import type { AgentParts } from "./agent-parts.ts";
import { AgentError } from "./errors.ts";
import type { ArtifactReader, ArtifactStore } from "./event/index.ts";
import { type OnLimit, type Run, type StartOptions, startRun } from "./loop/index.ts";
import type { Message } from "./message/index.ts";
import { checkSettings } from "./model/index.ts";
import { withoutUndefined } from "./own.ts";
import { createHold, LEASE_MS, type StoreHold } from "./resume/index.ts";
import { createMemoryArtifacts } from "./store/index.ts";
import { createToolSlots, outerCall } from "./tool/index.ts";

/** What differs between a run that begins and one that goes on. */
interface Plan
  extends Pick<StartOptions, "runId" | "begin" | "beginFailed" | "events" | "fold" | "waiting" | "parent">,
    Pick<StartOptions["services"], "model" | "settings" | "limits" | "conversation" | "recorded" | "effects"> {
  onLimit?: OnLimit | undefined;
  given: Pick<RunSettings, "signal"> & { context?: unknown };
  hold?: StoreHold | undefined;
}

/** Starts a run at once. @throws {AgentError} `unsupported_setting`. */
export function startAgentRun(
  agent: AgentParts,
  input: readonly Message[],
  given: RunSettings & { context?: unknown; reject?: unknown },
): Run & ArtifactReader {
  const parts = given.effects === "rehearse" ? rehearsalOf(agent) : agent;
  const { options, model, runtime } = parts;
  const settings = { ...parts.settings, ...withoutUndefined(given.settings) };
  checkSettings(model.id, settings);
  const runId = `run_${runtime.createId()}`;
  const limits = { ...parts.limits, ...withoutUndefined(given.limits) };
  const conversation = isApart(given) ? runId : (given.conversation ?? runId);
  const outer = outerCall();
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const hold = options.store && createHold(options.store, runId, { clock: runtime.clock, leaseMs });
  const beginning: Beginning = { parts, given, input, limits, conversation, hold, outer, leaseMs };
  return launch(parts, {
    runId,
    model,
    settings,
    limits,
    onLimit: given.onLimit,
    conversation,
    given,
    hold,
    parent: outer?.runId,
    effects: given.effects,
    waiting: given.waiting ?? "stay",
    begin: async (signal, record) => {
      const begun = await beginRun(beginning, signal, record);
      return "next" in begun ? begun : [...begun, ...leftOut(agent, parts, NOT_REHEARSED)];
    },
    beginFailed: () => started(beginning, { messages: [], taint: [] }, {}),
  });
}

const NOT_REHEARSED = {
  code: "rehearsal_server_tool",
  why: () => "where nothing it does can be held back, and is not offered in a rehearsal.",
};

export function launch(parts: AgentParts, plan: Plan): Run & ArtifactReader {
  const { options, runtime, live } = parts;
  const { store } = options;
  const { runId, given, hold } = plan;
  const artifacts = store?.artifacts ?? artifactsInMemory();
  const inbox = store?.inbox;
  const run = startRun({
    runId,
    services: {
      ...parts.policies,
      model: plan.model,
      settings: plan.settings,
      limits: plan.limits,
      conversation: plan.conversation,
      recorded: plan.recorded,
      effects: plan.effects,
      toolbox: parts.toolbox,
      output: parts.output,
      onLimit: plan.onLimit ?? options.onLimit ?? "stop",
      worstCase: worstCaseLater(parts, plan),
      slots: createToolSlots(options.toolConcurrency ?? 8), // of its own: a handler may run the agent again
      room: parts.roomFor(plan.model),
      artifacts,
      context: given.context,
      clock: runtime.clock,
      createId: runtime.createId,
      retry: parts.retry,
    },
    events: plan.events,
    fold: plan.fold,
    parent: plan.parent,
    waiting: plan.waiting,
    begin: plan.begin,
    beginFailed: plan.beginFailed,
    signal: given.signal,
    hold,
    letters: inbox && { received: (after) => inbox.received(runId, after) },
    onOpen: (mailbox, events) => {
      live.set(runId, { mailbox, events });
      return () => void live.delete(runId);
    },
    createEpoch: epochs(runtime.createId()),
    buffer: options.runtime?.buffer,
    replay: options.runtime?.alwaysReplay,
  });
  return reading(run, artifacts.get);
}

/** Most runs keep nothing aside. */
function artifactsInMemory(): ArtifactStore {
  let made: ArtifactStore | undefined;
  const store = (): ArtifactStore => {
    made ??= createMemoryArtifacts();
    return made;
  };
  return { put: (bytes, mediaType) => store().put(bytes, mediaType), get: (sha256) => store().get(sha256) };
}

/** Most runs have no limit that is kept before a turn, and never ask. */
function worstCaseLater(parts: AgentParts, { model, settings }: Plan): ReturnType<typeof worstCaseOf> {
  let made: ReturnType<typeof worstCaseOf> | undefined;
  return (turn) => {
    made ??= worstCaseOf({ ...parts, model, settings });
    return made(turn);
  };
}

/** Fresh in this process and in every other, at the cost of one random id a run. */
function epochs(prefix: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}.${count}`;
  };
}

/** Not enumerable: a result stays plain data. */
function reading<T extends object>(target: T, artifact: ArtifactStore["get"]): T & ArtifactReader {
  return Object.defineProperty(target, "artifact", { value: artifact }) as T & ArtifactReader; // defined here and now
}

export function withoutStore(agent: string, runId: string): AgentError {
  const message = `"${agent}" has no store, so ${runId} cannot be found again. Give createAgent({ store: createFileStore() }), from fairwitness/store.`;
  return new AgentError("invalid_option", message);
}
