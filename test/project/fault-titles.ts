import { childrenOf, isNode, sourcesIn, textOf, treeOf } from "./syntax.ts";

/** A test that says which rows of the fault matrix it proves. */
export interface FaultTest {
  file: string;
  /** What it is about, from the groups it stands in, and its title without the rows; "…" where it is filled in later. */
  title: string;
  rows: readonly number[];
}

const ROWS = /^(.*\S) \(rows? (\d+(?:, \d+)*)\)$/s;
const MEANT = /\(rows?\b[^)]*\)$/;

/**
 * The tests whose titles end in `(row 8)` or `(rows 8, 9)`: in any text of a test file, so that rows of `test.each` count too.
 * @throws {Error} for a title that ends in something else that begins with `(row`.
 */
export function findFaultTests(): FaultTest[] {
  const files = sourcesIn("test").filter((file) => file.endsWith(".test.ts"));
  return files.flatMap((file) => [...testsIn(treeOf(file), "", file)]);
}

function* testsIn(value: unknown, subject: string, file: string): Generator<FaultTest> {
  const text = textOf(value);
  if (text !== undefined && MEANT.test(text)) yield readTitle(text, subject, file);
  const within = `${subject}${groupOf(value)}`;
  for (const child of childrenOf(value)) yield* testsIn(child, within, file);
}

/** The title of a `describe`, however it is called; "" for anything else. */
function groupOf(value: unknown): string {
  if (!isNode(value) || value.type !== "CallExpression") return "";
  let callee: unknown = value.callee;
  while (isNode(callee) && callee.type !== "Identifier") callee = callee.callee ?? callee.object;
  const [title] = childrenOf(value.arguments);
  return isNode(callee) && callee.name === "describe" ? `${textOf(title) ?? ""} ` : "";
}

function readTitle(text: string, subject: string, file: string): FaultTest {
  const [, title, rows] = ROWS.exec(text) ?? [];
  if (title === undefined || rows === undefined) {
    throw new Error(`${file}: "${text}" must end in "(row 8)" or "(rows 8, 9)" to be found.`);
  }
  const whole = `${subject}${title}`.replace(/%[sijdfo#]|\$\w+(\.\w+)*/g, "…");
  return { file, title: whole, rows: rows.split(", ").map(Number) };
}
