import { canonicalJson } from "../digest.ts";
import { type DifferenceKind, type RunDifference, visibleText } from "../event/index.ts";
import { type Cost, formatTurnUsage, formatUsage, type RunUsage, type Usage } from "../message/index.ts";
import { type DiffLine, lineDiff } from "./line-diff.ts";
import { costText, short } from "./words.ts";

const SHOWN = 160;
const BEFORE = 24;
const TEXTS: ReadonlySet<DifferenceKind> = new Set(["text", "instructions", "refusal"]);

/** Both sides of a difference in lines. Texts are compared line by line, all else is shown around the first place where it differs. */
export function differenceSides(one: RunDifference): readonly DiffLine[] {
  const { what, a, b } = one;
  if (TEXTS.has(what) || (what === "result" && [a, b].every(hasLines))) return textSides(a, b);
  if (what === "turn") return [...asSide("a", turnLines(a)), ...asSide("b", turnLines(b))];
  if (what === "call") return [...asSide("a", callLines(a)), ...asSide("b", callLines(b))];
  const [shownA, shownB] = valueTexts(one);
  const from = windowStart(shownA, shownB);
  return [...asSide("a", [cut(shownA, from)]), ...asSide("b", [cut(shownB, from)])];
}

function asSide(side: DiffLine["side"], lines: readonly string[]): readonly DiffLine[] {
  return lines.map((text) => ({ side, text }));
}

function callLines(asked: unknown): readonly string[] {
  return asked === undefined ? [] : [cut(oneLine(lineOf(asked)), 0)];
}

function hasLines(value: unknown): boolean {
  return typeof value === "string" && value.includes("\n");
}

/** What both say is left out, but for a line of it around what differs. */
function textSides(a: unknown, b: unknown): readonly DiffLine[] {
  const all = lineDiff(textLines(a), textLines(b));
  const isChanged = (index: number): boolean => all[index] !== undefined && all[index].side !== "both";
  const isNear = (index: number): boolean => [index - 1, index, index + 1].some(isChanged);
  return all.flatMap(({ side, text }, index): readonly DiffLine[] => {
    if (isNear(index)) return [{ side, text }];
    return index === 0 || isNear(index - 1) ? [{ side, text: "…" }] : [];
  });
}

function textLines(value: unknown): readonly string[] {
  if (typeof value !== "string") return ["(none)"];
  return value === "" ? ["(empty)"] : visibleText(value).split("\n");
}

/** What a turn did that the other run has not. */
function turnLines(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const { told = [], calls = [], text, finishReason } = value as TurnSummary; // `diffRuns` puts nothing else there
  return [
    ...told.map(({ as, message }) => short(`${as}: ${lineOf(message.content)}`)),
    ...calls.map(({ tool, input, outcome }) =>
      short(`${tool} ${input === undefined ? "" : lineOf(input)} ${outcome ?? "no result"}`),
    ),
    ...(text === undefined || text === "" ? [] : textLines(text)),
    finishReason === undefined ? "(not whole)" : `(${short(finishReason)})`,
  ];
}

interface TurnSummary {
  told?: readonly { as: string; message: { content?: unknown } }[];
  calls?: readonly { tool: string; input?: unknown; outcome?: string }[];
  text?: string;
  finishReason?: string;
}

/** Two values in a line each; never the same line where they differ. */
function valueTexts(one: RunDifference): readonly [string, string] {
  const { a, b } = one;
  const texts = [oneLine(valueText(one, a)), oneLine(valueText(one, b))] as const;
  return texts[0] === texts[1] ? [oneLine(differingFields(a, b)), oneLine(differingFields(b, a))] : texts;
}

/** The fields of an object that another one has not, or has otherwise. */
function differingFields(value: unknown, other: unknown): string {
  const [own, others] = [fieldsOf(value), fieldsOf(other)];
  const fields = Object.keys({ ...own, ...others }).filter(
    (key) => canonicalJson(own[key]) !== canonicalJson(others[key]),
  );
  return fields.map((key) => `${key} ${Object.hasOwn(own, key) ? lineOf(own[key]) : "unknown"}`).join(", ");
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function valueText({ what, turn }: RunDifference, value: unknown): string {
  if (value === undefined) return ABSENT[what] ?? "(none)";
  switch (what) {
    case "cost":
      return costText(value as Cost); // `diffRuns` puts nothing else there
    case "usage":
      return turn === undefined ? formatUsage(value as RunUsage) : formatTurnUsage(value as Usage); // as above
    case "tools":
    case "models":
    case "sources":
      return Array.isArray(value) && value.length > 0 ? value.map(String).join(", ") : "none";
    case "ending":
    case "approval":
      return fieldsText(value);
    default:
      return lineOf(value);
  }
}

const ABSENT: Readonly<Partial<Record<DifferenceKind, string>>> = {
  usage: "unknown",
  cost: "(the turn is not whole)",
  models: "unknown",
  sources: "not disclosed",
  approval: "nobody was asked",
  outcome: "no result",
  result: "no result",
  finishReason: "(the turn is not whole)",
};

/** The fields of a small object as words: `limited, limit turns, max 2`. */
function fieldsText(value: unknown): string {
  const words = Object.entries(fieldsOf(value)).map(([key, part]) =>
    key === "status" ? lineOf(part) : `${key} ${lineOf(part)}`,
  );
  return words.join(", ");
}

function lineOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "(none)");
}

/** Where to begin, so that the first difference can be seen. */
function windowStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at < SHOWN / 2 ? 0 : at - BEFORE;
}

/** Text from outside in a line, in which nothing is lost: white space may be what differs. */
function oneLine(text: string): string {
  return visibleText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function cut(line: string, from: number): string {
  const rest = from === 0 ? line : `…${line.slice(from).replace(/^[\udc00-\udfff]/, "")}`;
  return rest.length <= SHOWN ? rest : `${rest.slice(0, SHOWN - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
