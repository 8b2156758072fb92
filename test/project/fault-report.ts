import { FAULT_ROWS, type FaultRow } from "./fault-rows.ts";
import type { FaultTest } from "./fault-titles.ts";

/** `docs/faults.md`, from the rows and the tests that name them. */
export function formatFaults(tests: readonly FaultTest[]): string {
  return [
    "<!-- Written by `npm run faults` from the titles of the tests. Do not edit. -->",
    "# What goes wrong, and what happens then",
    "Each row of the fault matrix, what fairwitness does about it, and the tests that prove it. A test names its rows at the end " +
      "of its title, as in `(row 8)`; the suite fails when a row has no test, or when this page is not what they say.",
    ...FAULT_ROWS.flatMap(([section, rows]) => [`## ${section}`, formatTable(rows, tests)]),
    "",
  ].join("\n\n");
}

function formatTable(rows: readonly FaultRow[], tests: readonly FaultTest[]): string {
  const lines = rows.map(([row, fault, behaviour]) => {
    const proofs = tests.filter((test) => test.rows.includes(row)).map(formatTest);
    return `| ${row} | ${fault} | ${behaviour} | ${proofs.join("<br>")} |`;
  });
  return ["| row | fault | what happens | tests |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function formatTest({ file, title }: FaultTest): string {
  const safe = title.replace(/[\\`*_[\]<>|~]/g, "\\$&").replace(/\s+/g, " ");
  return `[${file.replace(/^test\/|\.test\.ts$/g, "")}](../${file}): ${safe}`;
}

/** Rows without a test. */
export function missingRows(tests: readonly FaultTest[]): readonly number[] {
  return numbers().filter((row) => !tests.some((test) => test.rows.includes(row)));
}

/** Rows that tests name and that are not in the list, with the files that do. */
export function unknownRows(tests: readonly FaultTest[]): readonly string[] {
  const known = new Set(numbers());
  return tests.flatMap(({ rows, file }) => rows.filter((row) => !known.has(row)).map((row) => `${file}: ${row}`));
}

function numbers(): number[] {
  return FAULT_ROWS.flatMap(([, rows]) => rows.map(([row]) => row));
}
