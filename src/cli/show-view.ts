import {
  type Evidence,
  foldEvidence,
  isClosing,
  type ParsedRecord,
  type StoredEvent,
  visibleText,
} from "../event/index.ts";
import { formatTurnUsage } from "../message/index.ts";
import { activityOf, type Entry, type TurnActivity } from "./activity.ts";
import { closingText, endText, headLines } from "./head.ts";
import type { Paint } from "./paint.ts";
import { callLines, type Footnotes } from "./show-call.ts";
import { costText, duration, moment, short, sourceName } from "./words.ts";

const INJECTED = { steer: "steered", follow_up: "followed up", correction: "corrected", limit: "told" } as const;

/** A run as a log of what it did. */
export function showView({ events, unknown, torn }: ParsedRecord, paint: Paint): string {
  const evidence = foldEvidence(events);
  const footnotes: Footnotes = new Map(
    evidence.sources.flatMap(({ source, number }) => (number === undefined ? [] : [[source.id, number] as const])),
  );
  const started = events.find((event) => event.type === "run.started");
  const last = events.findLast(isClosing);
  // How the run ended at last is told at the end; how it ended before it was resumed, where that was.
  const told = events.filter((event) => event !== last);
  const turns = activityOf(told).map((turn) => turnLines(turn, evidence, footnotes, paint));
  const kinds = [...new Set(unknown.map(({ type }) => short(type)))].join(", ");
  const notes = [
    ...(unknown.length === 0 ? [] : [`${unknown.length} events of kinds this version does not know: ${kinds}`]),
    ...(torn === undefined
      ? []
      : ["the last line of the record is not whole: it is being written, or its writer died"]),
  ];
  const blocks = [
    headLines(evidence, paint, started?.replays),
    ...turns.filter((lines) => lines.length > 0),
    [...notes.map((note) => paint.note(note)), endText(evidence, events, paint)],
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function turnLines(
  { turn, entries }: TurnActivity,
  evidence: Evidence,
  footnotes: Footnotes,
  paint: Paint,
): readonly string[] {
  const lines = entries.flatMap((entry) => entryLines(entry, evidence, footnotes, paint));
  return turn === 0 ? lines : [turnHead(turn, entries, paint), ...lines];
}

function turnHead(turn: number, entries: readonly Entry[], paint: Paint): string {
  const completed = entries
    .map((entry) => (entry.type === "event" ? entry.event : undefined))
    .find((event) => event?.type === "turn.completed");
  if (completed === undefined) return `${paint.strong(`turn ${turn}`)}  ${paint.note("not complete")}`;
  const { timing, usage, cost, finishReason } = completed;
  const facts = [
    duration(timing.totalMs),
    formatTurnUsage(usage),
    costText(cost),
    ...billedText(usage?.billedServerTools),
    finishReason,
  ];
  return `${paint.strong(`turn ${turn}`)}  ${paint.dim(facts.join(" · "))}`;
}

function billedText(billed: Readonly<Record<string, number>> = {}): readonly string[] {
  const counts = Object.entries(billed).filter(([, count]) => count > 0);
  return counts.map(([name, count]) => `${short(name)} ${count}`);
}

function entryLines(entry: Entry, evidence: Evidence, footnotes: Footnotes, paint: Paint): readonly string[] {
  if (entry.type === "call") return callLines(entry.call, entry.isVoid, footnotes, paint);
  const { event, isVoid } = entry;
  if (event.type === "turn.completed") return saysLines(event, evidence, paint);
  const text = eventText(event);
  if (text === undefined) return [];
  const isLost = isVoid && event.type !== "turn.retrying" && event.type !== "turn.failed"; // those are what is told of it
  return [`  ${paint.note("note")}  ${text}${isLost ? paint.note(" (discarded with its attempt)") : ""}`];
}

/** The text of a turn in full, and what it cites. */
function saysLines(
  { message, turn }: Extract<StoredEvent, { type: "turn.completed" }>,
  { sources }: Evidence,
  paint: Paint,
): readonly string[] {
  const text = message.content === "" ? [] : visibleText(message.content).trimEnd().split("\n");
  const refusal = message.refusal === undefined ? [] : [`  ${paint.bad("no  ")}  declined: ${short(message.refusal)}`];
  const cites = sources.flatMap(({ source, number, citedAt }) =>
    citedAt
      .filter((place) => place.turn === turn)
      .map(({ claim, span }) => {
        const place = span === undefined ? "no place in the text" : `at ${span.start}–${span.end}`;
        return `        [${number}] ${sourceName(source)}  ${paint.dim(place)}${claim === undefined ? "" : `\n            “${short(claim)}”`}`;
      }),
  );
  return [
    ...text.map((line, index) => (index === 0 ? `  ${paint.dim("says")}  ${line}` : `        ${line}`.trimEnd())),
    ...refusal,
    ...(cites.length === 0 ? [] : [`  ${paint.dim("cites")}`, ...cites]),
  ];
}

/** What else happened, in a line; undefined for what the log shows elsewhere. */
function eventText(event: Exclude<StoredEvent, { call: unknown }>): string | undefined {
  if (isClosing(event)) return `${closingText(event)}, at ${moment(event.at)}`;
  switch (event.type) {
    case "run.started":
    case "turn.started":
    case "turn.completed":
    case "citation":
      return undefined;
    case "run.resumed":
      return `resumed at ${moment(event.at)}${event.changed === undefined ? "" : `, with another ${event.changed.join(", ")}`}`;
    case "context.compacted":
      return `context compacted (${event.method}): about ${event.beforeTokens} tokens before, ${event.afterTokens} after${event.cost === undefined ? "" : `; ${costText(event.cost)}`}`;
    case "turn.retrying":
      return `${failedText(event)}; tried again after ${duration(event.delayMs)}`;
    case "turn.failed":
      return failedText(event);
    case "input.injected": {
      const { content } = event.message;
      return `${INJECTED[event.as]}: ${short(typeof content === "string" ? content : JSON.stringify(content))}`;
    }
    case "limit.warning":
      if (event.limit === "repeatedCall") {
        return `the same call of ${short(event.tool ?? "a tool")} in ${event.used} turns in a row; stopped at ${event.max}`;
      }
      if (event.limit === "noProgress") {
        return `calls of ${short(event.tool ?? "a tool")} told nothing new in ${event.used} turns in a row`;
      }
      return `${event.used} of ${event.max} ${event.limit} used`;
    case "policy.violation":
      return `against ${short(event.rule)}: ${short(event.message)}`;
    case "cache.missed":
      return `prompt cache missed: the request differs from byte ${event.firstDifference} on: ${short(event.before, 60)} → ${short(event.now, 60)}`;
    case "protection":
      return `${short(event.action)}: ${short(event.message)}`;
    case "warning":
      return `${short(event.code)}: ${short(event.message)}`;
    case "wire":
      return `something on the wire that this version does not know: ${short(JSON.stringify(event.item), 120)}`;
    default:
      return event satisfies never;
  }
}

function failedText({
  attempt,
  error,
  discarded,
  cost,
}: Extract<StoredEvent, { type: "turn.failed" | "turn.retrying" }>): string {
  const dropped = discarded.text + discarded.reasoning;
  const lost = dropped === 0 ? "" : `; ${dropped} characters discarded`;
  const spent = cost === undefined || cost.basis === "unknown" ? "" : `; ${costText(cost)}`;
  return `attempt ${attempt} failed, ${short(error.code)}: ${short(error.message)}${lost}${spent}`;
}
