import {
  type DifferenceKind,
  type Evidence,
  foldEvidence,
  type RunDifference,
  type StoredEvent,
} from "../event/index.ts";
import { differenceSides } from "./diff-values.ts";
import type { DiffLine } from "./line-diff.ts";
import type { Paint } from "./paint.ts";
import { moment, nameOf, short } from "./words.ts";

/** Two records, and what they differ in. */
export interface Compared {
  a: readonly StoredEvent[];
  b: readonly StoredEvent[];
  differences: readonly RunDifference[];
}

/** What two runs did differently, for a terminal: lines of the first with -, lines of the second with +. */
export function diffView({ a, b, differences }: Compared, paint: Paint): string {
  const [first, second] = [foldEvidence(a), foldEvidence(b)];
  const head = [
    runLine(first, a, paint.bad("-")),
    runLine(second, b, paint.good("+")),
    ...(first.question === second.question && first.question !== undefined
      ? [`${paint.dim("asked")} ${short(first.question)}`]
      : []),
  ];
  const blocks = Map.groupBy(differences, placeOf);
  const body = [...blocks].map(([place, found]) => [
    paint.strong(place),
    ...found.flatMap((one) => differenceLines(one, paint)),
  ]);
  const count = differences.length;
  const end =
    count === 0 ? [paint.good("no differences")] : [paint.note(count === 1 ? "1 difference" : `${count} differences`)];
  return `${[head, ...body, end].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function runLine(
  { runId, agent, model, startedAt, status, turns }: Evidence,
  events: readonly StoredEvent[],
  sign: string,
): string {
  const [started] = events;
  const replays = started?.type === "run.started" ? started.replays : undefined;
  const facts = [
    short(agent, 40),
    short(model, 40),
    moment(startedAt),
    status === "paused" ? "waiting" : status,
    `${turns.length} ${turns.length === 1 ? "turn" : "turns"}`,
  ];
  return `${sign} ${short(runId)}\n  ${facts.join(" · ")}${replays === undefined ? "" : `\n  replays ${short(replays)}`}`;
}

const AT_THE_END: ReadonlySet<DifferenceKind> = new Set(["models", "simulated", "output", "ending", "usage", "cost"]);

function placeOf({ turn, what }: RunDifference): string {
  if (turn !== undefined) return `turn ${turn}`;
  return AT_THE_END.has(what) ? "end" : "start";
}

const NAMES: Readonly<Partial<Record<DifferenceKind, string>>> = {
  told: "said to the run",
  compacted: "conversation made short",
  turn: "this turn is in one run alone",
  finishReason: "finish reason",
  usage: "tokens",
  models: "models that answered",
  simulated: "simulated",
};

function differenceLines(one: RunDifference, paint: Paint): readonly string[] {
  return [`  ${headOf(one, paint)}`, ...differenceSides(one).map(({ side, text }) => sideLine(side, text, paint))];
}

function headOf({ what, call, a }: RunDifference, paint: Paint): string {
  if (call === undefined) return NAMES[what] ?? what;
  const where = call.executor === "server" ? "xAI " : "here";
  const only = `only in the ${a === undefined ? "second" : "first"} run`;
  return `${paint.dim(where)}  ${paint.strong(nameOf(call))}  ${what === "call" ? only : (NAMES[what] ?? what)}`;
}

function sideLine(side: DiffLine["side"], text: string, paint: Paint): string {
  if (side === "both") return `      ${paint.dim(text)}`.trimEnd();
  return `    ${side === "a" ? paint.bad(`- ${text}`) : paint.good(`+ ${text}`)}`.trimEnd();
}
