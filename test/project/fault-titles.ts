import { nodesOf, type SyntaxNode, sourcesIn } from "./syntax.ts";

/** A test that says which rows of the fault matrix it proves. */
export interface FaultTest {
  file: string;
  /** Its title without the rows; "…" where it is filled in when the test runs. */
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
  return files.flatMap((file) =>
    [...nodesOf(file)].flatMap((node) => {
      const text = textOf(node);
      return text === undefined || !MEANT.test(text) ? [] : [readTitle(text, file)];
    }),
  );
}

function readTitle(text: string, file: string): FaultTest {
  const [, title, rows] = ROWS.exec(text) ?? [];
  if (title === undefined || rows === undefined) {
    throw new Error(`${file}: "${text}" must end in "(row 8)" or "(rows 8, 9)" to be found.`);
  }
  return { file, title: title.replace(/%[sijdfo]|\$\w+/g, "…"), rows: rows.split(", ").map(Number) };
}

function textOf(node: SyntaxNode): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type !== "TemplateLiteral") return undefined;
  // As: the pieces of a template between its expressions (ESTree).
  const pieces = node.quasis as readonly { value: { cooked?: string } }[];
  return pieces.map(({ value }) => value.cooked ?? "").join("…");
}
