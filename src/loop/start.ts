import { type Clock, orAborted } from "../clock.ts";
import { AgentError, errorInfo, errorMessage } from "../errors.ts";
import type { ArtifactReader, NewEvent, Reporting, RunLimits, RunResult, StoredEvent } from "../event/index.ts";
import { foldEvidence, formatEvidence, resultOf } from "../event/index.ts";
import {
  alwaysReplay,
  createMemoryJournal,
  createRecord,
  type Journal,
  type JournalOptions,
  type RunRecord,
  stampDeltas,
} from "../journal/index.ts";
import { encodeJson } from "../tool/index.ts";
import { type ActiveTime, createActiveTime } from "./active-time.ts";
import { boundClock } from "./bound-clock.ts";
import { createInbox } from "./inbox.ts";
import { runLoop } from "./loop.ts";
import { createOps } from "./ops.ts";
import { type BufferLimits, createOutbox } from "./outbox.ts";
import { createRun, type Run } from "./run.ts";
import type { LoopServices } from "./services.ts";

/** What a run starts from. */
export interface StartOptions extends Omit<LoopServices, "record" | "inbox" | "activeMs" | "noteThrown" | "checked"> {
  runId: string;
  /** Makes the `run.started` event; may ask the application. If it throws, the run fails with that. */
  begin: () => Promise<readonly NewEvent[]>;
  /** The `run.started` event of a run that could not begin. */
  beginFailed: () => readonly NewEvent[];
  signal?: AbortSignal | undefined;
  /** Stores events for good; called before anybody else sees them. */
  persist?: ((events: readonly StoredEvent[]) => void) | undefined;
  createEpoch: () => string;
  buffer?: BufferLimits | undefined;
  /** Replays the loop from the top at every await. For tests of determinism. */
  replay?: boolean | undefined;
}

/** Why a run is being stopped from outside its loop. */
type Stop = { type: "cancelled"; reason: unknown } | { type: "limited"; max: number };

/** Starts a run at once, like `fetch`, and hands back what it can be read by. */
export function startRun(options: StartOptions): Run {
  const { runId, clock } = options;
  const outbox = createOutbox(() => record.events, options.buffer);
  const record = createRecord({
    runId,
    clock,
    persist: options.persist,
    onAppend: outbox.stored,
  });
  const inbox = createInbox();
  const stopper = createStopper(options.limits, clock, options.signal);
  const activeMs = stopper.time.elapsedMs;
  let handlerThrew: unknown;
  const noteThrown = (error: unknown): void => {
    handlerThrew = error;
  };
  const timers = boundClock(clock, stopper.signal);
  const ops = createOps({ ...options, clock: timers, record, inbox, activeMs, noteThrown, checked: new Map() });
  const journal: JournalOptions = {
    record,
    signal: stopper.signal,
    createEpoch: options.createEpoch,
    onDeltas(deltas, place) {
      const stamped = stampDeltas(deltas, place, { runId, at: clock.now(), after: record.events.length - 1 });
      const behind = outbox.deltas(stamped);
      return behind === undefined ? undefined : stopper.time.hold(behind);
    },
  };

  let thrown: unknown;
  const drive = async (): Promise<RunResult & Reporting> => {
    try {
      await open(record, options, stopper.signal);
      await runIn(journal, options.replay === true, (pass) => runLoop(pass, ops));
    } catch (error) {
      thrown = error;
    } finally {
      stopper.release();
    }
    if (record.closing() === undefined) thrown = closeRecord(record, { stopper, activeMs, thrown });
    inbox.close();
    outbox.end();
    return settledResult(record, options.artifacts.get);
  };
  return createRun({
    id: runId,
    record: record.events,
    outbox,
    settled: drive(),
    readAnswer: options.output?.read,
    stopped: stopper.signal,
    cause: () => causeOf(stopper, thrown ?? handlerThrew),
    cancel: (reason) => stopper.stop({ type: "cancelled", reason }),
    steer: inbox.steer,
    followUp: inbox.followUp,
  });
}

async function open(record: RunRecord, { begin, beginFailed }: StartOptions, signal: AbortSignal): Promise<void> {
  let started: readonly NewEvent[];
  try {
    started = await orAborted(begin(), signal);
  } catch (error) {
    appendAnyway(record, beginFailed());
    throw error;
  }
  appendAnyway(record, started);
}

/** A store that fails stores nothing more: the second time the events are on the record, and in memory alone. */
function appendAnyway(record: RunRecord, events: readonly NewEvent[]): void {
  try {
    record.append(events);
  } catch (error) {
    record.append(events);
    throw error;
  }
}

/** Whoever stopped the run gets the reason back as it was given, whatever the stop led to. */
function causeOf(stopper: Stopper, thrown: unknown): unknown {
  const stop = stopper.stopped();
  return stop?.type === "cancelled" ? stop.reason : thrown;
}

function runIn(options: JournalOptions, replay: boolean, loop: (journal: Journal) => Promise<void>): Promise<void> {
  return replay ? alwaysReplay(options, loop) : loop(createMemoryJournal(options));
}

/** One signal for the whole run, and who pulled it first. */
interface Stopper {
  signal: AbortSignal;
  stopped(): Stop | undefined;
  stop(why: Stop): void;
  time: ActiveTime;
  /** Lets go of the timer and of the caller's signal. */
  release(): void;
}

function createStopper(limits: RunLimits, clock: Clock, outer: AbortSignal | undefined): Stopper {
  const controller = new AbortController();
  let stopped: Stop | undefined;
  let isReleased = false;
  const stop = (why: Stop): void => {
    if (isReleased || stopped !== undefined) return; // what comes after the end was not what ended it
    stopped = why;
    controller.abort(why.type === "cancelled" ? why.reason : new AgentError("run_limited", "The run's time is up."));
  };
  const onAbort = (): void => stop({ type: "cancelled", reason: outer?.reason });
  const { durationMs: ms } = limits;
  const time = createActiveTime(
    clock,
    ms === undefined ? undefined : { ms, expire: () => stop({ type: "limited", max: ms }) },
  );
  if (outer?.aborted === true) onAbort();
  else outer?.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    stopped: () => stopped,
    stop,
    time,
    release() {
      isReleased = true;
      time.release();
      outer?.removeEventListener("abort", onAbort);
    },
  };
}

/** What is known when the loop has ended without closing the run. */
interface Ending {
  stopper: Stopper;
  activeMs: () => number;
  thrown: unknown;
}

/** Closes the record, whatever becomes of the store. Returns what the run failed of, if it did. */
function closeRecord(record: RunRecord, ending: Ending): unknown {
  try {
    record.append([closingFor(record, ending)]);
    return ending.thrown;
  } catch (error) {
    // What is stored has no end, and that is worth more than why it would have ended.
    record.append([{ type: "run.failed", turn: record.fold.state.turn, error: errorInfo(error) }]);
    return error;
  }
}

/** The closing event of a run whose loop did not close it itself. */
function closingFor(record: RunRecord, { stopper, activeMs, thrown }: Ending): NewEvent {
  const { turn } = record.fold.state;
  const stop = stopper.stopped();
  if (stop?.type === "limited")
    return { type: "run.limited", turn, limit: "durationMs", used: Math.round(activeMs()), max: stop.max };
  if (stop?.type === "cancelled") return { type: "run.cancelled", turn, reason: reasonText(stop.reason) };
  return {
    type: "run.failed",
    turn,
    error: errorInfo(thrown ?? new AgentError("internal", "The loop ended without an end.")),
  };
}

function reasonText(reason: unknown): string {
  if (reason === undefined) return "cancelled";
  if (reason === null || ["number", "boolean", "bigint", "symbol"].includes(typeof reason)) return String(reason);
  if (typeof reason !== "object" || isError(reason)) return errorMessage(reason);
  const json = encodeJson(reason);
  return json.ok ? JSON.stringify(json.json) : errorMessage(reason);
}

function isError(reason: unknown): boolean {
  try {
    return reason instanceof Error;
  } catch {
    return false; // a proxy that was revoked
  }
}

/** What reads is not enumerable: a result stays plain data. */
function settledResult(record: RunRecord, artifacts: ArtifactReader["artifact"]): RunResult & Reporting {
  const result = resultOf(record.fold.state);
  if (result === undefined)
    throw new AgentError("internal", `The run ${record.runId} settled without a closing event.`);
  const report = (): string => formatEvidence(foldEvidence(record.events));
  const reading = { report: { value: report }, artifact: { value: artifacts } };
  return Object.defineProperties(result as RunResult & Reporting, reading); // defined here and now
}
