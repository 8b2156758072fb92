import { isSearch } from "../event/index.ts";
import { contentText } from "../message/index.ts";
import type { CallActivity } from "./activity.ts";
import type { Paint } from "./paint.ts";
import { askedText, duration, nameOf, REASONS, short, sourceName } from "./words.ts";

const MAX_SOURCES = 8;
const MAX_CODE_LINES = 12;

/** Numbers of the sources that the answer cites, by their ids. */
export type Footnotes = ReadonlyMap<string, number>;

/** A call in lines: what was asked, how it ended, what it found. */
export function callLines(call: CallActivity, isVoid: boolean, footnotes: Footnotes, paint: Paint): readonly string[] {
  const where = call.executor === "server" ? "xAI " : "here";
  const head = `  ${paint.dim(where)}  ${paint.strong(nameOf(call))}`;
  const asked = askedLines(head, call);
  return isVoid
    ? [...asked, `        ${paint.note("discarded with its attempt")}`]
    : [...asked, ...endLines(call, footnotes, paint)];
}

/** Code keeps its lines. */
function askedLines(head: string, call: CallActivity): readonly string[] {
  if (!call.isAsked) return [`${head}  (its input is not there yet)`];
  const lines = (call.query ?? "").split("\n").filter((line) => line.trim() !== "");
  if (call.kind !== "code_execution" || lines.length < 2) return [`${head}  ${askedText(call)}`.trimEnd()];
  const more = lines.length > MAX_CODE_LINES ? [`        … ${lines.length - MAX_CODE_LINES} more lines`] : [];
  return [head, ...lines.slice(0, MAX_CODE_LINES).map((line) => `        ${indented(line)}`), ...more];
}

/** The indentation of code says something; `short` takes it away. */
function indented(line: string): string {
  const [indent = ""] = /^[ \t]*/.exec(line) ?? [];
  return indent.replaceAll("\t", "    ") + short(line);
}

function endLines(call: CallActivity, footnotes: Footnotes, paint: Paint): readonly string[] {
  const { completed, issues } = call;
  const asked = approvalLines(call, paint);
  const bad = (issues ?? []).map(
    ({ path, message }) => `        ${paint.note(`${short(path || "input")}: ${short(message)}`)}`,
  );
  if (completed === undefined) {
    return [...bad, ...asked, `        ${paint.note(`no result yet${phaseText(call)}`)}`];
  }
  const { durationMs, timing, replayed } = completed;
  const time = durationMs === undefined ? "time unknown" : `${duration(durationMs)} ${timing}`;
  const facts = [
    outcomeText(completed, paint),
    ...foundFact(call),
    ...hiddenFact(call),
    replayed === undefined ? time : "from the recording",
  ].join(" · ");
  const late = lateLines(call, paint);
  return [
    ...bad,
    ...asked,
    `        ${facts}`,
    ...outputLines(call, paint),
    ...late,
    ...sourceLines(call, footnotes, paint),
  ];
}

function outcomeText({ outcome, error }: NonNullable<CallActivity["completed"]>, paint: Paint): string {
  if (outcome === "ok") return paint.good(outcome);
  const text = `${outcome}${error === undefined ? "" : `: ${short(error.message)}`}`;
  return outcome === "rehearsed" ? paint.note(text) : paint.bad(text); // a rehearsal went as it was to go
}

/** Who was asked, and what was said. */
function approvalLines({ requested, resolved }: CallActivity, paint: Paint): readonly string[] {
  const why = requested === undefined ? [] : [`        ${paint.note(`approval asked: ${REASONS[requested.reason]}`)}`];
  if (resolved === undefined) return why;
  const { decision, by, who, reason } = resolved;
  const words = `${decision} by ${who === undefined ? by : `${by} ${short(who)}`}${reason === undefined ? "" : `: ${short(reason)}`}`;
  return [...why, `        ${decision === "denied" ? paint.bad(words) : paint.good(words)}`];
}

/** Whether a call at xAI has begun is known from its phases alone. */
function phaseText({ executor, phase, hasBegun }: CallActivity): string {
  if (phase !== undefined) return ` (${short(phase)})`;
  return executor === "server" ? "" : hasBegun ? " (running)" : " (not begun)";
}

function foundFact({ kind, completed }: CallActivity): readonly string[] {
  const sources = completed?.sources;
  if (sources !== undefined) return [sources.length === 0 ? "found nothing" : `found ${sources.length}`];
  return isSearch(kind) && completed?.outcome === "ok" ? ["sources not disclosed"] : [];
}

/** The model was told otherwise before. */
function lateLines({ late }: CallActivity, paint: Paint): readonly string[] {
  if (late === undefined) return [];
  const why = late.error === undefined ? "" : `: ${short(late.error.message)}`;
  return [`        ${paint.note(`ended late, ${late.outcome}${why}, after ${duration(late.durationMs)}`)}`];
}

/** Nothing is hidden of a call that failed: it has no output. */
function hiddenFact({ executor, completed }: CallActivity): readonly string[] {
  if (executor === "client" || completed?.outcome !== "ok" || completed.visibility === "full") return [];
  return [`output ${completed.visibility.replace("_", " ")}`];
}

function outputLines({ executor, completed }: CallActivity, paint: Paint): readonly string[] {
  if (completed === undefined || completed.outcome !== "ok") return [];
  if (executor === "client") return [`        ${paint.dim(short(contentText(completed.content)))}`];
  const { output } = completed;
  if (output === undefined) return [];
  return [`        ${paint.dim(short(typeof output === "string" ? output : JSON.stringify(output)))}`];
}

/** The cited first. */
function sourceLines({ completed }: CallActivity, footnotes: Footnotes, paint: Paint): readonly string[] {
  const sources = completed?.sources ?? [];
  const numbered = sources.map((source) => ({ source, number: footnotes.get(source.id) }));
  const sorted = numbered.toSorted((a, b) => (a.number ?? Number.MAX_VALUE) - (b.number ?? Number.MAX_VALUE));
  const lines = sorted.slice(0, MAX_SOURCES).map(({ source, number }) => {
    const text = sourceName(source);
    return number === undefined ? `          ${paint.dim(`-  ${text}`)}` : `          [${number}] ${text}`;
  });
  const left = sorted.length - MAX_SOURCES;
  return left > 0 ? [...lines, `          ${paint.dim(`… ${left} more`)}`] : lines;
}
