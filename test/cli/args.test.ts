import { expect, test } from "vitest";
import { readCommand } from "../../src/cli/args.ts";
import { findRun } from "../../src/cli/find-run.ts";
import { errorOf } from "../tool/support.ts";

const common = { store: ".fairwitness", json: false };

test.each([
  ["runs list", { ...common, command: "list", limit: 20 }],
  ["runs list --json --limit 3 --store x", { command: "list", store: "x", json: true, limit: 3 }],
  ["runs show latest", { ...common, command: "show", id: "latest" }],
  ["runs sources run_1", { ...common, command: "sources", id: "run_1", as: "text" }],
  ["runs sources run_1 --md", { ...common, command: "sources", id: "run_1", as: "markdown" }],
  ["--json runs sources run_1", { ...common, command: "sources", json: true, id: "run_1", as: "json" }],
  ["runs diff a latest", { ...common, command: "diff", ids: ["a", "latest"] }],
  ["runs approvals", { ...common, command: "approvals" }],
  ["runs approvals a --json", { ...common, json: true, command: "approvals", id: "a" }],
  ["runs approve a c", { ...common, command: "decide", id: "a", call: "c", answer: { approve: true } }],
  [
    'runs approve a c --reason fine --input {"n":1} --sticky --by Ann',
    {
      ...common,
      command: "decide",
      id: "a",
      call: "c",
      answer: { approve: true, reason: "fine", input: { n: 1 }, sticky: true, by: "Ann" },
    },
  ],
  [
    "runs deny a c --reason no",
    { ...common, command: "decide", id: "a", call: "c", answer: { approve: false, reason: "no" } },
  ],
  ["runs cancel a", { ...common, command: "cancel", id: "a" }],
  ["runs cancel a --reason enough", { ...common, command: "cancel", id: "a", reason: "enough" }],
  ["runs steer a use euros", { ...common, command: "steer", id: "a", text: "use euros" }],
  ["--help", { command: "help" }],
  ["runs show -h", { command: "help" }],
])("%s is understood", (line, command) => {
  expect(readCommand(line.split(" "))).toEqual(command);
});

test.each([
  ["", "No command was given."],
  ["runs", '"fairwitness runs" takes one of list, show, sources, diff, approvals, approve, deny, cancel, steer.'],
  ["show latest", 'There is no command "show". Did you mean "runs show"?'],
  ["rusn list", 'There is no command "rusn". Did you mean "runs"?'],
  ["runs shwo latest", 'There is no command "shwo". Did you mean "show"?'],
  ["runs aprove a c", 'There is no command "aprove". Did you mean "approve"?'],
  ["runs approval a", 'Did you mean "approvals"?'],
  ["runs dney a c", 'Did you mean "deny"?'],
  ["runs zzz", "Commands: runs list, runs show, runs sources, runs diff, runs approvals, runs approve,"],
  ["runs resume a", "it needs the agent with its tools. Write agent.resume(id) in your program."],
  ["runs replay a", 'Write agent.replay(id, { tools: "recorded" }) in your program.'],
  ["runs toString a", 'There is no command "toString".'],
  ["runs show", 'show needs the id of a run, or "latest": fairwitness runs show latest'],
  ["runs list run_1", 'See "run_1" with: fairwitness runs show run_1'],
  ["runs show a b", '"b" is one word too many.'],
  ["runs show a --md", "--md belongs to sources."],
  ["runs show a --limit 3", "--limit belongs to list."],
  ["runs sources a --md --json", "Leave one out."],
  ["runs list --limit 0", "--limit takes a whole number from 1"],
  ["runs list --dri x", 'Unknown option "--dri".'],
  ["runs list --dir x", 'Unknown option "--dir". Did you mean --store?'],
  ["runs list --stoer x", "Did you mean --store?"],
  ["runs list --store", "argument missing"],
  ["runs diff", "diff needs the ids of two runs: fairwitness runs diff latest <id>"],
  ["runs diff a", "diff needs two runs: fairwitness runs diff a <id>"],
  ["runs diff a b c", '"c" is one word too many.'],
  ["runs approvals a b", '"b" is one word too many.'],
  ["runs approve", "approve needs the id of a run"],
  ["runs approve a", "approve needs the call as well: fairwitness runs approve a <call>."],
  ["runs approve a c d", '"d" is one word too many.'],
  ["runs approve a c --input", "argument missing"],
  ["runs approve a c --input {", "--input takes the arguments as one JSON object"],
  ["runs approve a c --input [1]", "Nothing was decided."],
  ["runs approve a c --input null", "Nothing was decided."],
  ["runs approve a c --reason= ", "--reason is empty."],
  ["runs approve a c --json", "--json belongs to list, show, sources, diff, approvals."],
  ["runs deny a c --input {}", "--input belongs to approve."],
  ["runs deny a c --sticky", "--sticky belongs to approve."],
  ["runs cancel", "cancel needs the id of a run"],
  ["runs cancel a b", '"b" is one word too many.'],
  ["runs cancel a --by me", "--by belongs to approve, deny."],
  ["runs steer a", 'steer needs words for the run: fairwitness runs steer a "Use euros."'],
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
