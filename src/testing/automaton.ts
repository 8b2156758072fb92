import { closesStep, isClosing, isDelta, type RunEvent, type StoredEvent } from "../event/index.ts";

/**
 * Watches the events of a run, in the order a reader sees them, and says what breaks the rules every run keeps. One
 * automaton serves every test: `checkEvents` for a whole stream, `createAutomaton` for one that is still going on.
 */
export interface Automaton {
  see(event: RunEvent): void;
  /** Sentences, one for each rule that was broken so far; empty when all is well. */
  violations(): readonly string[];
  /** Says the stream has ended; a run without a closing event is a violation now. */
  end(): void;
}

/** The state of one call: it only moves forward. */
const CALL_ORDER: readonly string[] = ["tool.started", "tool.input", "tool.executing", "tool.completed"];

interface CallState {
  executor: string;
  stage: number;
  epoch: string | undefined;
  hasInput: boolean;
  /** The request for approval that waits. */
  request: string | undefined;
  denied: boolean;
}

interface Watch {
  seq: number;
  isOpen: boolean;
  closing: StoredEvent["type"] | undefined;
  closedSteps: Set<string>;
  /** Calls that count, by id: those of closed epochs, and our own as they are carried out. */
  calls: Map<string, CallState>;
  /** Events of open epochs of model steps, whose calls count only when the step closes. */
  pending: Map<string, StoredEvent[]>;
  deltas: Map<string, number>;
  voidEpochs: Set<string>;
  liveEpoch: Map<string, string>;
  /** The turn that was spent on an answer, in this segment: nothing runs in it, and none follows it. */
  lastTurn: number | undefined;
  /** Calls whose handlers ended after they were answered for. */
  late: Set<string>;
  problems: string[];
}

export function createAutomaton(): Automaton {
  const watch: Watch = {
    seq: -1,
    isOpen: false,
    closing: undefined,
    closedSteps: new Set(),
    calls: new Map(),
    pending: new Map(),
    deltas: new Map(),
    voidEpochs: new Set(),
    liveEpoch: new Map(),
    lastTurn: undefined,
    late: new Set(),
    problems: [],
  };
  return {
    see: (event) => (isDelta(event) ? seeDelta(watch, event) : seeStored(watch, event)),
    violations: () => watch.problems,
    end() {
      if (watch.closing === undefined) watch.problems.push("the stream ended without a closing event");
      if (watch.closing === "run.completed") checkAllDone(watch);
    },
  };
}

/** What is wrong with a whole stream of events; empty when nothing is. */
export function checkEvents(events: Iterable<RunEvent>): readonly string[] {
  const automaton = createAutomaton();
  for (const event of events) automaton.see(event);
  automaton.end();
  return automaton.violations();
}

function seeStored(watch: Watch, event: StoredEvent): void {
  const broken = (rule: string): number => watch.problems.push(`seq ${event.seq} ${event.type}: ${rule}`);
  if (event.seq !== watch.seq + 1) broken(`seq follows ${watch.seq}`);
  watch.seq = event.seq;
  if (event.type === "run.started" || event.type === "run.resumed") {
    openSegment(watch, event.type, broken);
    return;
  }
  if (!watch.isOpen && watch.closing === undefined) broken("nothing comes before run.started");
  if (event.type === "tool.late") {
    seeLate(watch, event, broken);
    return;
  }
  if (watch.closing !== undefined) {
    if (isClosing(event)) broken("a segment has one closing event");
    else if (!isEvidence(watch, event)) broken("only evidence follows the closing event");
    return;
  }
  if (isClosing(event)) {
    watch.closing = event.type;
    watch.isOpen = false;
    if (event.step !== undefined) broken("a closing event of a run belongs to no step");
    return;
  }
  seeInStep(watch, event, broken);
}

/** A segment begins. One that a process did not live to close is closed by the next: what it left open is void. */
function openSegment(watch: Watch, type: "run.started" | "run.resumed", broken: (rule: string) => void): void {
  if (type === "run.started" && (watch.isOpen || watch.closing !== undefined)) broken("a run starts once");
  if (type === "run.resumed" && watch.seq === 0) broken("a run starts before it is resumed");
  if (type === "run.resumed" && watch.closing === "run.completed") broken("a run that completed does not go on");
  for (const epoch of watch.liveEpoch.values()) watch.voidEpochs.add(epoch);
  watch.liveEpoch.clear();
  watch.pending.clear();
  watch.lastTurn = undefined;
  watch.closing = undefined;
  watch.isOpen = true;
}

/** Evidence of a call that was answered for: behind its end, wherever the run is by then, and once. */
function seeLate(
  watch: Watch,
  { call, step }: Extract<StoredEvent, { type: "tool.late" }>,
  broken: (rule: string) => void,
): void {
  if (step === undefined || !watch.closedSteps.has(step)) broken("it follows the end of its call");
  if (watch.late.has(call.id)) broken(`the call ${call.id} ended late already`);
  watch.late.add(call.id);
}

function isEvidence(watch: Watch, event: StoredEvent): boolean {
  return event.step !== undefined && (event.type === "tool.completed" || watch.closedSteps.has(event.step));
}

function seeInStep(watch: Watch, event: StoredEvent, broken: (rule: string) => void): void {
  const { step, epoch } = event;
  if (step === undefined) {
    if (event.type !== "warning") broken("it belongs to a step and names none");
    return;
  }
  if (epoch === undefined) return void broken("an event of a step has an epoch");
  if (watch.closedSteps.has(step)) return void broken(`the step ${step} is closed`);
  if (watch.voidEpochs.has(epoch)) return void broken(`the epoch ${epoch} is void`);
  noteEpoch(watch, step, epoch);
  if (event.type === "turn.retrying" || event.type === "turn.failed") watch.voidEpochs.add(epoch);
  if (event.type === "context.compacted" && event.afterTokens >= event.beforeTokens) broken("it makes nothing shorter");
  if (event.type === "turn.started") seeTurn(watch, event, broken);
  if (event.type === "tool.executing" && event.call.executor === "client" && event.turn === watch.lastTurn)
    broken("nothing runs in a last turn");
  if (step.startsWith("tool:")) seeCall(watch, event, broken);
  else if (event.type.startsWith("tool.")) remember(watch, epoch, event);
  if (!closesStep(event)) return;
  watch.closedSteps.add(step);
  for (const earlier of watch.pending.get(epoch) ?? []) seeCall(watch, earlier, broken);
  watch.pending.delete(epoch);
}

function seeTurn(
  watch: Watch,
  { turn, final }: Extract<StoredEvent, { type: "turn.started" }>,
  broken: (rule: string) => void,
): void {
  if (watch.lastTurn !== undefined) broken(`the turn ${watch.lastTurn} was the last`);
  if (final === true) watch.lastTurn = turn;
}

/** A new epoch of a step makes the older ones of it void. */
function noteEpoch(watch: Watch, step: string, epoch: string): void {
  const live = watch.liveEpoch.get(step);
  if (live !== undefined && live !== epoch) {
    watch.voidEpochs.add(live);
    watch.pending.delete(live);
  }
  watch.liveEpoch.set(step, epoch);
}

function remember(watch: Watch, epoch: string, event: StoredEvent): void {
  const events = watch.pending.get(epoch);
  if (events === undefined) watch.pending.set(epoch, [event]);
  else events.push(event);
}

function seeCall(watch: Watch, event: StoredEvent, broken: (rule: string) => void): void {
  if (event.type === "tool.approval.requested" || event.type === "tool.approval.resolved") {
    seeApproval(watch, event, broken);
    return;
  }
  const stage = CALL_ORDER.indexOf(event.type);
  if (stage === -1 || !("call" in event)) return;
  const known = watch.calls.get(event.call.id);
  if (known === undefined) {
    if (stage !== 0) broken(`the call ${event.call.id} has not started`);
    watch.calls.set(event.call.id, { executor: event.call.executor, stage, epoch: event.epoch, ...FRESH });
    return;
  }
  if (known.executor !== event.call.executor) broken(`the executor of ${event.call.id} changed`);
  if (event.call.executor === "server") {
    seeServerCall(known, stage, broken);
    return;
  }
  // Another attempt at the call: what the one before it left is void.
  if (known.epoch !== event.epoch && known.stage === EXECUTING) known.stage = 1;
  known.epoch = event.epoch;
  if (known.request !== undefined) broken(`the call ${event.call.id} waits for a decision on ${known.request}`);
  if (known.denied && stage === EXECUTING) broken(`the call ${event.call.id} was denied`);
  if (stage <= known.stage) broken(`the call ${event.call.id} was at ${CALL_ORDER[known.stage]} already`);
  if (stage > 1 && known.stage < 1) broken(`the call ${event.call.id} has no input yet`);
  known.stage = stage;
}

/** The server may say what it is doing before it says what it was asked: only the beginning and the end are fixed. */
function seeServerCall(known: CallState, stage: number, broken: (rule: string) => void): void {
  if (known.stage === COMPLETED) broken("the call was completed already");
  if (stage === 0) broken("the call has started already");
  if (stage === 1 && known.hasInput) broken("the input was told already");
  if (stage === COMPLETED && !known.hasInput) broken("the call has no input yet");
  known.hasInput ||= stage === 1;
  known.stage = Math.max(known.stage, stage);
}

const EXECUTING = 2;
const COMPLETED = 3;
const FRESH: Pick<CallState, "hasInput" | "request" | "denied"> = {
  hasInput: false,
  request: undefined,
  denied: false,
};

/** Asked behind the input, decided once, and before the handler runs. */
function seeApproval(
  watch: Watch,
  event: Extract<StoredEvent, { type: `tool.approval.${string}` }>,
  broken: (rule: string) => void,
): void {
  const known = watch.calls.get(event.call.id);
  if (known === undefined || known.stage < 1) return void broken(`the call ${event.call.id} has no input yet`);
  if (known.stage === COMPLETED) broken(`the call ${event.call.id} was completed already`);
  if (event.type === "tool.approval.requested") {
    if (known.request !== undefined) broken(`the call ${event.call.id} waits for ${known.request} already`);
    known.request = event.request;
    return;
  }
  const isAsked = known.request === event.request;
  if (!isAsked && event.by !== "reconcile" && event.by !== "policy") broken(`nobody asked for ${event.request}`);
  known.request = undefined;
  known.denied = event.decision === "denied";
}

function seeDelta(watch: Watch, delta: Extract<RunEvent, { after: number }>): void {
  const broken = (rule: string): number => watch.problems.push(`${delta.type} after ${delta.after}: ${rule}`);
  if (watch.closing !== undefined) broken("it comes after the closing event");
  if (watch.closedSteps.has(delta.step)) broken(`the step ${delta.step} is closed`);
  if (watch.voidEpochs.has(delta.epoch)) broken(`the epoch ${delta.epoch} is void`);
  noteEpoch(watch, delta.step, delta.epoch);
  const last = watch.deltas.get(delta.epoch) ?? -1;
  if (delta.n <= last) broken(`n follows ${last}`);
  watch.deltas.set(delta.epoch, delta.n);
  if (delta.after > watch.seq) broken(`seq ${delta.after} was not seen yet`);
}

function checkAllDone(watch: Watch): void {
  for (const [id, { stage }] of watch.calls) {
    if (stage !== CALL_ORDER.length - 1) watch.problems.push(`the run completed with the call ${id} still open`);
  }
}
