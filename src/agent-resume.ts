import { partsFor } from "./agent-experiment.ts";
import type { ResumeSettings } from "./agent-options.ts";
import { type AgentParts, modelOf, textOf } from "./agent-parts.ts";
import { launch, withoutStore } from "./agent-run.ts";
import { AgentError } from "./errors.ts";
import {
  type ArtifactReader,
  createFold,
  type Fingerprint,
  type NewEvent,
  RECORD_VERSION,
  type RunLimits,
  type RunState,
} from "./event/index.ts";
import type { OnLimit, Run } from "./loop/index.ts";
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
import type { RunStore } from "./store/index.ts";

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
    if (events.length === 0 && unknown.length === 0) throw neverBegun(runId);
    refuseEnded(runId, state, unknown);
    const { parts, recorded } = await partsFor(agent, store, state.started);
    const model = given.changed === "pin" ? pinned(parts, state) : parts.model;
    const now = model === parts.model ? await parts.fingerprint() : await fingerprintOf({ ...makeupOf(parts), model });
    const parted = partsChanged(runId, state, now, given.changed);
    const settings = { ...parts.settings, ...(state.started?.settings as ModelSettings | undefined) }; // as it was given and checked
    checkSettings(model.id, settings);
    const onLimit = given.onLimit ?? (state.resumed ?? state.started)?.onLimit;
    const limits = { ...(state.resumed ?? state.started)?.limits, ...withoutUndefined(given.limits) };
    const resumed = resumedEvents({
      state,
      model,
      limits,
      onLimit,
      now,
      parted,
      repaired: repaired?.bytes,
      given,
      parts,
    });
    return launch(parts, {
      runId,
      model,
      settings,
      limits,
      onLimit,
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

/** Its process died before the first event was stored whole, so nothing of it has happened. */
function neverBegun(runId: string): AgentError {
  return new AgentError("not_found", `The run ${runId} was never begun: nothing is stored of it. Start it anew.`);
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
  onLimit: OnLimit | undefined;
  now: Fingerprint;
  parted: readonly (keyof Fingerprint)[];
  repaired: number | undefined;
  given: ResumeSettings;
  parts: AgentParts;
}

function resumedEvents(resuming: Resuming): readonly NewEvent[] {
  const { state, model, limits, onLimit, now, parted, repaired, given, parts } = resuming;
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
      ...(onLimit === undefined ? {} : { onLimit }),
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
