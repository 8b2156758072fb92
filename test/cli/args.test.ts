import { expect, test } from "vitest";
import { readCommand } from "../../src/cli/args.ts";
import { findRun } from "../../src/cli/find-run.ts";
import { errorOf } from "../tool/support.ts";

test.each([
  ["runs list", { command: "list", dir: ".fairwitness", json: false, limit: 20 }],
  ["runs list --json --limit 3 --dir x", { command: "list", dir: "x", json: true, limit: 3 }],
  ["runs show latest", { command: "show", dir: ".fairwitness", json: false, id: "latest" }],
  ["runs sources run_1", { command: "sources", dir: ".fairwitness", id: "run_1", as: "text" }],
  ["runs sources run_1 --md", { command: "sources", dir: ".fairwitness", id: "run_1", as: "markdown" }],
  ["--json runs sources run_1", { command: "sources", dir: ".fairwitness", id: "run_1", as: "json" }],
  ["--help", { command: "help" }],
  ["runs show -h", { command: "help" }],
])("%s is understood", (line, command) => {
  expect(readCommand(line.split(" "))).toEqual(command);
});

test.each([
  ["", "No command was given."],
  ["runs", '"fairwitness runs" takes one of list, show, sources.'],
  ["show latest", 'There is no command "show". Did you mean "runs show"?'],
  ["rusn list", 'There is no command "rusn". Did you mean "runs"?'],
  ["runs shwo latest", 'There is no command "shwo". Did you mean "show"?'],
  ["runs zzz", "Commands: runs list, runs show, runs sources."],
  ["runs show", 'show needs the id of a run, or "latest"'],
  ["runs list run_1", 'See "run_1" with: fairwitness runs show run_1'],
  ["runs show a b", '"b" is one word too many.'],
  ["runs show a --md", "--md belongs to sources."],
  ["runs show a --limit 3", "--limit belongs to list."],
  ["runs sources a --md --json", "Leave one out."],
  ["runs list --limit 0", "--limit takes a whole number from 1"],
  ["runs list --dri x", "Unknown option '--dri'."],
  ["runs list --dir", "argument missing"],
])("%j is not, and it is said why", (line, mistake) => {
  expect(readCommand(line === "" ? [] : line.split(" "))).toEqual({ mistake: expect.stringContaining(mistake) });
});

const runs = ["run_b1", "run_a2", "run_a1", "other"].map((runId) => ({ runId, startedAt: 1 }));

test.each([
  ["latest", "run_b1"],
  ["run_a1", "run_a1"],
  ["run_b", "run_b1"],
  ["b", "run_b1"],
  ["a2", "run_a2"],
  ["oth", "other"],
])("%s means the run %s", (asked, found) => {
  expect(findRun(asked, runs, "here")).toBe(found);
});

test.each([
  ["run_a", '2 runs begin with "run_a": run_a2, run_a1. Write more of the id.'],
  ["run_c1", "Did you mean run_b1?"],
  ["zzzzzzzzzzz", 'There is no run "zzzzzzzzzzz" in here. See those there are with: fairwitness runs list'],
])("%s means none", (asked, message) => {
  const error = errorOf(() => findRun(asked, runs, "here"));
  expect(error.code).toBe("not_found");
  expect(error.message).toContain(message);
});

test("where there are no runs, it is said how to have some", () => {
  expect(errorOf(() => findRun("latest", [], "here")).message).toContain(
    "There are no runs in here. Give the agent a store",
  );
});
