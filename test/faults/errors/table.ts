// docs/errors.md as its tests read it.
import { readFileSync } from "node:fs";

export interface ErrorRow {
  what: string;
  code: string;
  /** Undefined where no server answered, or where any status will do. */
  status: number | undefined;
  retryable: boolean;
  /** The pieces of the message that are always there, in order. */
  says: readonly string[];
}

/** Every row of every table of the page that has a column for codes. */
export function readErrorRows(): ErrorRow[] {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| .* \| `\w+` \| /.test(line));
  return rows.map(readRow);
}

function readRow(line: string): ErrorRow {
  const [what = "", code = "", status = "", again = "", says = ""] = line.slice(2, -2).split(" | ");
  if (again !== "yes" && again !== "no") throw new Error(`Neither yes nor no: ${line}`);
  return {
    what,
    code: code.replaceAll("`", ""),
    status: /^\d+$/.test(status) ? Number(status) : undefined,
    retryable: again === "yes",
    says: says.split("…").map((piece) => piece.trim()),
  };
}
