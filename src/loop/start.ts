import { type Clock, orAborted } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type {
  ArtifactReader,
  NewEvent,
  Reporting,
  RunFold,
  RunResult,
  StoredEvent,
  TaintSource,
} from "../event/index.ts";
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
import { outerCall } from "../tool/index.ts";
import { activeMsOf } from "./active-time.ts";
import { boundClock } from "./bound-clock.ts";
import { closeRecord } from "./close.ts";
import { createInbox } from "./inbox.ts";
import { runLoop } from "./loop.ts";
import { createMailbox, type Letters, type Mailbox } from "./mailbox.ts";
import { createOps } from "./ops.ts";
import { type BufferLimits, createOutbox, type Outbox } from "./outbox.ts";
import { withRecordedWords } from "./recorded.ts";
import { createRun, type Run } from "./run.ts";
import type { LoopServices } from "./services.ts";
import { causeOf, createStopper } from "./stopper.ts";

/** What a run starts from. */
export interface StartOptions {
  runId: string;
  services: Omit<LoopServices, MadeHere>;
  /** What is on record already of a run that is carried on. */
  events?: readonly StoredEvent[] | undefined;
  /** What those say, where somebody has looked: it is gone on with. */
  fold?: RunFold | undefined;
  /** The run in one of whose handlers this one was started. */
  parent?: string | undefined;
  /** Makes the `run.started` or `run.resumed` event; may ask the application. If it throws, the run fails with that. */
  begin: (signal: AbortSignal, record: Pick<RunRecord, "notBefore">) => Promise<readonly NewEvent[] | Followed>;
  /** The same event of a run that could not begin. */
  beginFailed: () => readonly NewEvent[];
  /** Where letters come from other processes. */
  letters?: Letters | undefined;
  /** Whether the run stays in the process while somebody has to decide. */
  waiting: "stay" | "leave";
  /** Who holds the run in its store. */
  hold?: RunHold | undefined;
  /** Takes what decisions of this process are handed to. Returns what is called when the run has ended. */
  onOpen?: ((mailbox: Mailbox, events: readonly StoredEvent[]) => () => void) | undefined;
  signal?: AbortSignal | undefined;
  createEpoch: () => string;
  buffer?: BufferLimits | undefined;
  /** Replays the loop from the top at every await. For tests of determinism. */
  replay?: boolean | undefined;
}

type MadeHere = "record" | "inbox" | "mailbox" | "activeMs" | "noteThrown" | "checked";

/** A run of another owner that is shown instead of one of our own: what was to be said was said to it. */
export interface Followed {
  /** What is on its record. */
  events: readonly StoredEvent[];
  /** What comes; ends with its closing event. */
  next(signal: AbortSignal): AsyncIterable<readonly StoredEvent[]>;
}

/** A run that a store holds, while this process may write to it. */
export interface RunHold {
  /** Stores events for good; called before anybody else sees them. */
  append(events: readonly StoredEvent[]): void;
  /** Told once when somebody else may have the run. */
  onLost(listener: (error: AgentError) => void): void;
  /** Lets go of it. Rejects never. */
  release(): Promise<void>;
}

/** Starts a run at once, like `fetch`, and hands back what it can be read by. */
export function startRun(options: StartOptions): Run {
  const { runId, services, hold, events = [] } = options;
  const { clock, recorded } = services;
  const outbox = createOutbox(() => record.events, options.buffer);
  const tellOuter = taintTeller(runId);
  const record = createRecord({
    runId,
    clock,
    parent: options.parent,
    events,
    fold: options.fold,
    persist: hold?.append,
    onAppend(added) {
      outbox.stored(added);
      tellOuter?.(record.fold.state.taint);
    },
  });
  const inbox =
    recorded === undefined ? createInbox() : withRecordedWords(createInbox(), recorded, record.fold, events);
  const stopper = createStopper({ limits: services.limits, signal: options.signal }, clock, activeMsOf(events));
  hold?.onLost((error) => stopper.stop({ type: "lost", error }));
  const mailbox = createMailbox({
    letters: options.letters,
    inbox,
    clock,
    signal: stopper.signal,
    isTaken: (letter) => record.fold.state.letters?.has(letter) === true,
    waiting: options.waiting,
    onCancel: (reason, letter) => stopper.stop({ type: "cancelled", reason, letter }),
    hold: stopper.time.hold,
  });
  const onEnd = options.onOpen?.(mailbox, record.events);
  const activeMs = stopper.time.elapsedMs;
  let handlerThrew: unknown;
  const noteThrown = (error: unknown): void => {
    handlerThrew = error;
  };
  const timers = boundClock(clock, stopper.signal);
  const ops = createOps({
    ...services,
    clock: timers,
    record,
    inbox,
    mailbox,
    activeMs,
    noteThrown,
    checked: new Map(),
  });
  const journal: JournalOptions = {
    record,
    signal: stopper.signal,
    createEpoch: options.createEpoch,
    onDeltas(deltas, place) {
      const stamped = stampDeltas(deltas, place, { runId, at: clock.now(), after: record.events.length - 1 });
      const behind = outbox.deltas(stamped);
      return behind === undefined ? undefined : stopper.time.hold(behind);
    },
    waitFor: mailbox.waitFor,
  };

  let thrown: unknown;
  const drive = async (): Promise<RunResult & Reporting> => {
    try {
      const followed = await open(record, options, stopper.signal);
      if (followed !== undefined) await follow(record, { followed, outbox, tellOuter }, stopper.signal);
      else await runIn(journal, options.replay === true, (pass) => runLoop(pass, ops));
    } catch (error) {
      thrown = error;
    } finally {
      stopper.release();
    }
    if (record.closing() === undefined) thrown = closeRecord(record, { stopper, activeMs, thrown });
    inbox.close();
    mailbox.close();
    onEnd?.();
    await released(hold, clock);
    outbox.end();
    return settledResult(record, services.artifacts.get);
  };
  return createRun({
    id: runId,
    record: record.events,
    after: events.length - 1,
    outbox,
    settled: drive(),
    readAnswer: services.output?.read,
    stopped: stopper.signal,
    cause: () => causeOf(stopper, thrown ?? handlerThrew),
    cancel: (reason) => stopper.stop({ type: "cancelled", reason }),
    steer: inbox.steer,
    followUp: inbox.followUp,
  });
}

/** A store that never answers does not keep the result back: the lease ends by itself. */
async function released(hold: RunHold | undefined, clock: Clock): Promise<void> {
  if (hold === undefined) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(RELEASE_MS, resolve);
  await Promise.race([hold.release(), late]);
  cancel();
}

const RELEASE_MS = 2_000;

/** Text from outside that enters the run of a handler has entered the handler's own run by what it gives out. */
function taintTeller(runId: string): ((taint: readonly TaintSource[]) => void) | undefined {
  const outer = outerCall();
  if (outer === undefined) return undefined;
  let isTold = false;
  return ([source]) => {
    if (source === undefined || isTold) return;
    isTold = true;
    outer.onTaint({ by: "child_run", runId, tool: outer.tool, callId: outer.callId });
  };
}

async function open(
  record: RunRecord,
  { begin, beginFailed }: StartOptions,
  signal: AbortSignal,
): Promise<Followed | undefined> {
  let started: readonly NewEvent[] | Followed;
  try {
    started = await orAborted(begin(signal, record), signal);
  } catch (error) {
    appendAnyway(record, beginFailed());
    throw error;
  }
  if ("next" in started) return started;
  appendAnyway(record, started);
  return undefined;
}

interface Follower {
  followed: Followed;
  outbox: Outbox;
  tellOuter: ReturnType<typeof taintTeller>;
}

async function follow(
  record: RunRecord,
  { followed, outbox, tellOuter }: Follower,
  signal: AbortSignal,
): Promise<void> {
  record.adopt(followed.events);
  for await (const events of followed.next(signal)) {
    record.adopt(events);
    outbox.stored(events);
    tellOuter?.(record.fold.state.taint);
  }
}

/** Where they cannot be stored, the record of this process begins with them all the same. */
function appendAnyway(record: RunRecord, events: readonly NewEvent[]): void {
  try {
    record.append(events);
  } catch (error) {
    record.keep(events);
    throw error;
  }
}

function runIn(options: JournalOptions, replay: boolean, loop: (journal: Journal) => Promise<void>): Promise<void> {
  return replay ? alwaysReplay(options, loop) : loop(createMemoryJournal(options));
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
