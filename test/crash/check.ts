import { foldResult, type LedgerEntry, type Message, type StoredEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import type { Life } from "./life.ts";

/** What is known of a run that was carried on. */
export type Watched = Pick<Life, "runId" | "record" | "effects" | "problems" | "acknowledged" | "paused">;

/** What is wrong with a run that was killed again and again, held against one of the same script that was not; empty when nothing is. */
export function wrongWith(life: Watched, twin: Pick<Life, "record">): readonly string[] {
  const result = foldResult(life.record);
  if (result?.status !== "completed") return [`it ended ${result?.status}`];
  return [
    ...checkEvents(life.record),
    ...life.problems,
    ...lost(life),
    ...result.toolCalls.flatMap((entry) => wrongCall(entry, life)),
    ...otherState(life, twin),
  ];
}

/** What a process was told is stored is stored, where and as it was. */
function lost({ record, acknowledged }: Watched): readonly string[] {
  return acknowledged.flatMap(({ seq, type, epoch }) => {
    const event = record[seq];
    const isThere = event?.type === type && event.epoch === epoch;
    return isThere
      ? []
      : [`seq ${seq} was acknowledged as ${type} of ${epoch} and is ${event?.type} of ${event?.epoch}`];
  });
}

function wrongCall(entry: LedgerEntry, life: Watched): readonly string[] {
  if (entry.call.executor === "server") return [];
  const { call, turn, index, outcome, approval } = entry;
  const step = `tool:${turn}.${index + 1}`;
  const effects = life.effects.filter(({ key }) => key === `${life.runId}/${step}`);
  const attempts = attemptsAt(life.record, step);
  const wrong = (what: string): readonly string[] => [`${call.tool} ${step}: ${what}`];
  const problems: string[] = [];
  const { n } = (approval?.input ?? entry.input) as { n: number }; // as the tools of the child declare it
  if (effects.some((effect) => effect.n !== n)) problems.push(...wrong(`it ran with ${JSON.stringify(effects)}`));
  if (outcome === "ok" && effects.length === 0) problems.push(...wrong("it is ok and did not happen"));
  if (attempts.length === 0 && effects.length > 0) problems.push(...wrong("it happened before it was on the record"));
  if (effects.length > attempts.length)
    problems.push(...wrong(`it happened ${effects.length} times, and began ${attempts.length} times`));
  if (!isRepeatable(call.tool) && effects.length > 1) problems.push(...wrong(`it happened ${effects.length} times`));
  if (isWrite(call.tool)) problems.push(...unparked(entry, life, attempts));
  if (call.tool === "notify" && (attempts.length > 1 || (attempts.length === 1 && !attempts[0]?.isClosed))) {
    const isTold = outcome === "unknown" && String(entry.content).includes("may or may not have had its effect");
    if (attempts.length > 1 || !isTold)
      problems.push(...wrong(`${attempts.length} attempts, and the model was told ${entry.content}`));
  }
  return problems;
}

/** A handler that began. `isClosed`: the same process said what came of it. */
interface Attempt {
  seq: number;
  isClosed: boolean;
}

function attemptsAt(record: readonly StoredEvent[], step: string): readonly Attempt[] {
  const events = record.filter((event) => event.step === step);
  return events
    .filter(({ type }) => type === "tool.executing")
    .map(({ seq, epoch }) => ({
      seq,
      isClosed: events.some((event) => event.type === "tool.completed" && event.epoch === epoch),
    }));
}

/** Each attempt whose outcome nobody knows was asked about, its process left, and none came after it that nobody allowed. */
function unparked({ call, turn, index }: LedgerEntry, life: Watched, attempts: readonly Attempt[]): readonly string[] {
  return attempts.flatMap(({ seq, isClosed }, position) => {
    if (isClosed) return [];
    const request = `outcome:${turn}.${index + 1}.${position + 1}`;
    const about = life.record.filter((event) => "request" in event && event.request === request);
    const next = attempts[position + 1]?.seq ?? Number.POSITIVE_INFINITY;
    const [asked, decided] = about;
    const isAsked = asked?.type === "tool.approval.requested" && asked.seq > seq;
    const isDecided = decided?.type === "tool.approval.resolved" && decided.by === "person";
    const isAllowed =
      next === Number.POSITIVE_INFINITY || (isDecided && decided.decision === "approved" && decided.seq < next);
    const isParked = life.paused.some(({ callId, reason }) => callId === call.id && reason === "unknown_outcome");
    return isAsked && isDecided && isAllowed && isParked
      ? []
      : [`${call.tool}: ${request} was not parked: ${JSON.stringify(about)}`];
  });
}

function isWrite(tool: string): boolean {
  return tool === "pay" || tool === "refund";
}

function isRepeatable(tool: string): boolean {
  return tool === "look" || tool === "fetch" || tool === "upsert";
}

/** The same but for ids, times, money, and what nobody knows of a call. */
function otherState(life: Watched, twin: Pick<Life, "record">): readonly string[] {
  const unknown = new Set(
    (foldResult(life.record)?.toolCalls ?? []).flatMap(({ call, outcome }) => (outcome === "unknown" ? [call.id] : [])),
  );
  const [here, there] = [stateOf(life, unknown), stateOf(twin, unknown)];
  return here === there ? [] : [`its state is ${here}, and without a kill ${there}`];
}

function stateOf({ record }: Pick<Life, "record">, unknown: ReadonlySet<string>): string {
  const result = foldResult(record);
  return JSON.stringify({
    status: result?.status,
    text: result?.text,
    turns: result?.turns,
    taint: result?.taint,
    citations: result?.citations,
    messages: result?.messages.map((message) => timeless(message, unknown)),
    calls: result?.toolCalls.map(({ call, turn, index, input, outcome, output, content }) =>
      unknown.has(call.id) ? { call, turn, index, input } : { call, turn, index, input, outcome, output, content },
    ),
  });
}

function timeless(message: Message, unknown: ReadonlySet<string>): unknown {
  return message.role === "tool" && unknown.has(message.callId) ? { ...message, content: "" } : message;
}
