import { type Evidence, type EvidenceSource, isSearch } from "../event/index.ts";
import { headLines } from "./head.ts";
import type { Paint } from "./paint.ts";
import { askedText, costText, nameOf, short, sourceName } from "./words.ts";

/** What the answer rests on, for a terminal. */
export function sourcesView(evidence: Evidence, paint: Paint): string {
  const { sources, violations } = evidence;
  const cited = sources.filter(({ citedAt }) => citedAt.length > 0);
  const unseen = cited.filter(({ seen }) => seen !== "reported");
  const blocks = [
    headLines(evidence, paint),
    cited.length === 0
      ? [paint.note("Nothing is cited.")]
      : cited.flatMap((found) => citedLines(found, evidence, paint)),
    section(
      "found, but not cited",
      sources.filter(({ citedAt }) => citedAt.length === 0).map(({ source }) => sourceName(source)),
      paint,
    ),
    section(
      "cited, but in no result on record",
      unseen.map((found) => `[${found.number}] ${unseenText(found)}`),
      paint,
    ),
    section(
      "against the agent's own search options",
      violations.map(({ rule, message }) => `${short(rule)}: ${short(message)}`),
      paint,
    ),
    [...hiddenText(evidence), costText(evidence.cost)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function citedLines(found: EvidenceSource, evidence: Evidence, paint: Paint): readonly string[] {
  const { source, number, citedAt } = found;
  const claims = citedAt.map(({ claim, turn, span }) => {
    const place = span === undefined ? `turn ${turn}, no place in the text` : `turn ${turn}, ${span.start}–${span.end}`;
    return `    ${claim === undefined ? "" : `“${short(claim)}”  `}${paint.dim(place)}`;
  });
  return [`[${number}] ${paint.strong(sourceName(source))}`, ...claims, ...finderLines(found, evidence, paint)];
}

function finderLines({ foundBy }: EvidenceSource, { calls }: Evidence, paint: Paint): readonly string[] {
  if (foundBy.length === 0) return [`    ${paint.note("not known which call found it")}`];
  return foundBy.map(({ callId, basis }) => {
    const call = calls.find((candidate) => candidate.callId === callId);
    const text = call === undefined ? short(callId) : `${nameOf(call)}  ${askedText(call)}`.trimEnd();
    return `    found by ${text}  ${paint.dim(basis)}`;
  });
}

function unseenText({ source, seen }: EvidenceSource): string {
  return `${sourceName(source)}: ${seen === "never" ? "no call found it" : "xAI does not disclose the sources of every call"}`;
}

/** How far the list can be trusted to be whole. */
function hiddenText({ calls }: Evidence): readonly string[] {
  const hidden = calls.filter(
    ({ kind, found, outcome }) => isSearch(kind) && outcome === "ok" && found === undefined,
  ).length;
  if (hidden === 0) return [];
  return [
    `${hidden} ${hidden === 1 ? "search does" : "searches do"} not disclose what ${hidden === 1 ? "it" : "they"} found.`,
  ];
}

function section(title: string, items: readonly string[], paint: Paint): readonly string[] {
  return items.length === 0 ? [] : [paint.dim(title), ...items.map((item) => `  ${item}`)];
}
