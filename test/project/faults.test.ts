import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatFaults, missingRows, unknownRows } from "./fault-report.ts";
import { FAULT_ROWS } from "./fault-rows.ts";
import { findFaultTests } from "./fault-titles.ts";

const tests = findFaultTests();

test("the list of faults holds each promised row of the matrix once", () => {
  const rows = FAULT_ROWS.flatMap(([, list]) => list.map(([row]) => row));
  const promised = [
    ...Array.from({ length: 93 }, (_, place) => place + 1),
    ...[94, 95, 96, 97, 98, 99, 100, 101],
    ...[103, 104, 105],
    ...[109, 110, 111],
    ...[112, 113, 114],
    ...[134, 135, 136, 137, 138, 139, 140],
    141,
    142,
    143,
    144,
  ];
  expect(rows).toEqual(promised);
});

test("every row of the fault matrix has a test that names it, and no test names another", () => {
  expect({ missing: missingRows(tests), unknown: unknownRows(tests) }).toEqual({ missing: [], unknown: [] });
});

test("docs/faults.md is what the titles of the tests say", () => {
  const page = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
  expect(page, "It is stale: run `npm run faults`.").toBe(formatFaults(tests));
});
