import { type Beginning, beginRun, started } from "./agent-begin.ts";
import { loopDetectorOf } from "./agent-check.ts";
import { partsFor } from "./agent-experiment.ts";
import type { ResumeSettings, RunSettings } from "./agent-options.ts";
import { type AgentParts, modelOf, textOf } from "./agent-parts.ts";
import { AgentError } from "./errors.ts";
import {
  type ArtifactReader,
  type ArtifactStore,
  createFold,
  type Fingerprint,
  type NewEvent,
  RECORD_VERSION,
  type RunLimits,
  type RunState,
  type StoredEvent,
} from "./event/index.ts";
import { DEFAULT_LIMITS, type Run, type StartOptions, startRun } from "./loop/index.ts";
import type { Message } from "./message/index.ts";
import { checkSettings, type Model, type ModelSettings } from "./model/index.ts";
import { withoutUndefined } from "./own.ts";
import {
  changed,
  changesBetween,
  createHold,
  fingerprintOf,
  LEASE_MS,
  leaseConversation,
  type StoreHold,
} from "./resume/index.ts";
import { createMemoryArtifacts, type RunStore } from "./store/index.ts";
import { createToolSlots, outerCall } from "./tool/index.ts";

/** What differs between a run that begins and one that goes on. */
interface Plan
  extends Pick<
    StartOptions,
    "runId" | "limits" | "conversation" | "begin" | "beginFailed" | "events" | "waiting" | "parent" | "recorded"
  > {
  model: Model;
  settings: ModelSettings;
  given: Pick<RunSettings, "signal"> & { context?: unknown };
  effects?: "rehearse" | undefined;
  hold?: StoreHold | undefined;
}

/** Starts a run at once. @throws {AgentError} `unsupported_setting`. */
export function startAgentRun(
  parts: AgentParts,
  input: readonly Message[],
  given: RunSettings & { context?: unknown; reject?: unknown },
): Run & ArtifactReader {
  const { options, model, runtime } = parts;
  const settings = { ...parts.settings, ...withoutUndefined(given.settings) };
  checkSettings(model.id, settings);
  const runId = `run_${runtime.createId()}`;
  const limits = { ...DEFAULT_LIMITS, ...withoutUndefined(options.limits), ...withoutUndefined(given.limits) };
  const conversation = given.conversation ?? runId;
  const outer = outerCall();
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const hold = options.store && createHold(options.store, runId, { clock: runtime.clock, leaseMs });
  const beginning: Beginning = { parts, given, input, limits, conversation, hold, outer, leaseMs };
  return launch(parts, {
    runId,
    model,
    settings,
    limits,
    conversation,
    given,
    hold,
    parent: outer?.runId,
    effects: given.effects,
    waiting: given.waiting ?? "stay",
    begin: (signal) => beginRun(beginning, signal),
    beginFailed: () => started(beginning, { messages: [], taint: [] }, {}),
  });
}

/** Takes the run from its store and goes on where its record ends. */
export async function resumeAgentRun(
  agent: AgentParts,
  runId: string,
  given: ResumeSettings & { context?: unknown },
): Promise<Run & ArtifactReader> {
  const { options, runtime } = agent;
  const { store } = options;
  if (store === undefined) throw withoutStore(options.name, runId);
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const hold = createHold(store, runId, { clock: runtime.clock, leaseMs });
  const before = createFold((await store.read(runId)).events).state;
  const { repaired } = await takeRun({ store, runId, hold, leaseMs, conversation: before.started?.conversation });
  try {
    const { events, unknown } = await store.read(runId);
    const { state } = createFold(events);
    refuseEnded(runId, state, unknown);
    const { parts, recorded } = await partsFor(agent, store, state.started);
    const model = given.changed === "pin" ? pinned(parts, state) : parts.model;
    const now = model === parts.model ? await parts.fingerprint() : await fingerprintOf({ ...makeupOf(parts), model });
    const parted = partsChanged(runId, state, now, given.changed);
    const settings = { ...parts.settings, ...(state.started?.settings as ModelSettings | undefined) }; // as it was given and checked
    checkSettings(model.id, settings);
    const limits = { ...(state.resumed ?? state.started)?.limits, ...withoutUndefined(given.limits) };
    const resumed = resumedEvents({ state, model, limits, now, parted, repaired: repaired?.bytes, given, parts });
    return launch(parts, {
      runId,
      model,
      settings,
      limits,
      events,
      conversation: state.started?.conversation ?? runId,
      given,
      hold,
      recorded,
      parent: state.started?.parent,
      effects: state.started?.effects,
      waiting: given.waiting ?? "leave",
      begin: async () => resumed,
      beginFailed: () => resumed,
    });
  } catch (error) {
    await hold.release();
    throw error;
  }
}

interface Taking {
  store: RunStore;
  runId: string;
  hold: StoreHold;
  leaseMs: number;
  conversation: string | undefined;
}

async function takeRun({ store, runId, hold, leaseMs, conversation }: Taking): ReturnType<StoreHold["take"]> {
  if (conversation === undefined || conversation === runId) return await hold.take();
  const lease = await leaseConversation(store, conversation, leaseMs);
  try {
    return await hold.take(lease);
  } catch (error) {
    await lease?.release();
    throw error;
  }
}

/** What the run began with. @throws {AgentError} for a record that is not understood from its beginning to its end. */
export function refuseUnknown(
  runId: string,
  { started }: RunState,
  unknown: readonly { type: string }[],
): NonNullable<RunState["started"]> {
  const [strange] = unknown;
  if (strange !== undefined) {
    const message = `The record of ${runId} holds ${strange.type}, which this version of fairwitness does not know: a newer one must go on with it.`;
    throw new AgentError("record_version", message);
  }
  if (started !== undefined) return started;
  throw new AgentError("malformed_record", `The record of ${runId} does not begin with run.started.`);
}

function refuseEnded(runId: string, state: RunState, unknown: readonly { type: string }[]): void {
  refuseUnknown(runId, state, unknown);
  const { closing } = state;
  if (closing?.type !== "run.completed") return;
  throw new AgentError(
    "run_ended",
    `The run ${runId} is completed, and its result is in its record: there is nothing to go on with. To say more, start a run in its conversation.`,
  );
}

/** The model by the name that the run was begun with. */
function pinned({ options, model, runtime }: AgentParts, state: RunState): Model {
  const { model: name, api } = state.resumed ?? state.started ?? {};
  if (name === undefined || (name === model.id && api === model.api)) return model;
  if (typeof options.model !== "string") {
    throw new AgentError(
      "run_changed",
      `The run was begun with ${name}, and the agent "${options.name}" brings a model made by client.model(…). Make an agent with client.model("${name}").`,
    );
  }
  // What is on the record is what an agent said before.
  return modelOf({ model: name, api: api as Model["api"] }, runtime.clock, runtime.random);
}

function partsChanged(
  runId: string,
  { started, resumed }: RunState,
  now: Fingerprint,
  how: ResumeSettings["changed"] = "refuse",
): readonly (keyof Fingerprint)[] {
  const parts = changesBetween(resumed?.fingerprint ?? started?.fingerprint, now);
  if (how === "continue") return parts;
  const inTheWay = how === "pin" ? parts.filter((part) => part !== "instructions") : parts;
  if (inTheWay.length > 0) throw changed(runId, inTheWay);
  return [];
}

interface Resuming {
  state: RunState;
  model: Model;
  limits: RunLimits;
  now: Fingerprint;
  parted: readonly (keyof Fingerprint)[];
  repaired: number | undefined;
  given: ResumeSettings;
  parts: AgentParts;
}

function resumedEvents({ state, model, limits, now, parted, repaired, given, parts }: Resuming): readonly NewEvent[] {
  const { turn } = state;
  const instructions = textOf(parts.options);
  const before = state.resumed?.fingerprint ?? state.started?.fingerprint;
  const fingerprint = given.changed === "pin" && before !== undefined ? before : now;
  const told = parted.includes("instructions") && instructions !== undefined ? { instructions } : {};
  const torn = repaired === undefined ? [] : [tornWarning(turn, repaired)];
  return [
    {
      type: "run.resumed",
      version: RECORD_VERSION,
      turn,
      model: model.id,
      api: model.api,
      limits,
      fingerprint,
      ...(parted.length === 0 ? {} : { changed: parted }),
      ...told,
    },
    ...torn,
  ];
}

function tornWarning(turn: number, bytes: number): NewEvent {
  const message = `The record ended with ${bytes} bytes of an event that was not stored whole: they were cut off.`;
  return { type: "warning", turn, code: "record_repaired", message };
}

function makeupOf({ toolbox, options, output }: AgentParts): Omit<Parameters<typeof fingerprintOf>[0], "model"> {
  return { toolbox, instructions: textOf(options), output: output?.format };
}

export function launch(parts: AgentParts, plan: Plan): Run & ArtifactReader {
  const { options, runtime, live } = parts;
  const { store } = options;
  const { runId, given, hold } = plan;
  const artifacts = store?.artifacts ?? createMemoryArtifacts();
  const inbox = store?.inbox;
  const record: { events: readonly StoredEvent[] } = { events: [] };
  const run = startRun({
    ...plan,
    toolbox: parts.toolbox,
    output: parts.output,
    slots: createToolSlots(options.toolConcurrency ?? 8), // of its own: a handler may run the agent again
    correctionBudget: options.correctionBudget ?? 2,
    toolCallsPerTurn: options.toolCallsPerTurn ?? 128,
    loopDetector: loopDetectorOf(options.loopDetector),
    room: parts.roomFor(plan.model),
    untrusted: options.untrusted ?? "approve",
    unknownOutcome: options.unknownOutcome ?? "ask",
    artifacts,
    context: given.context,
    clock: runtime.clock,
    createId: runtime.createId,
    retry: parts.retry,
    signal: given.signal,
    hold,
    letters: inbox && { received: (after) => inbox.received(runId, after) },
    onOpen: (mailbox) => {
      live.set(runId, { mailbox, events: () => record.events });
      return () => void live.delete(runId);
    },
    createEpoch: epochs(runtime.createId()),
    buffer: options.runtime?.buffer,
    replay: options.runtime?.alwaysReplay,
  });
  record.events = run.record;
  return reading(run, artifacts.get);
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
