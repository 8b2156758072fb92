import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foldEvidence, type StoredEvent } from "fairwitness";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFileStore } from "../../src/store/index.ts";
import { type Attempt, sampleRecord } from "../event/evidence-run.ts";
import { fairwitness } from "./command.ts";

const dir = mkdtempSync(join(tmpdir(), "fairwitness-cli-"));
afterAll(() => rmSync(dir, { recursive: true }));

let record: readonly StoredEvent[];

const nasty = "\x1b[31mred\x1b]0;title\x07 \u009b1m \u202e end";
const hostile: Attempt = [
  {
    type: "turn",
    turn: {
      message: { role: "assistant", content: nasty },
      finishReason: "stop",
      cost: { basis: "unknown" },
      serverCalls: [
        {
          call: {
            id: "ws_1",
            tool: "web_search",
            executor: "server",
            kind: "web_search",
            action: nasty,
            input: { query: nasty, [nasty]: nasty },
          },
          outcome: "ok",
          visibility: "full",
          output: nasty,
          sources: [{ id: nasty, type: "web", url: `https://e.example/${nasty}`, title: nasty }],
        },
      ],
      citations: [{ source: { id: nasty, type: "web", url: nasty, title: nasty }, foundBy: [] }],
    },
  },
];

beforeAll(async () => {
  const store = createFileStore(dir);
  record = await sampleRecord();
  store.append("run_1", record);
  const open = (await sampleRecord(undefined, "2")).map((event) => ({ ...event, at: event.at - 60_000 }));
  const asked = open.findIndex((event) => event.type === "tool.executing");
  store.append("run_2", open.slice(0, asked + 1));
  const bad = (await sampleRecord([hostile], "3")).map((event) => ({ ...event, at: event.at - 120_000 }));
  store.append("run_3", bad);
  writeFileSync(join(dir, "runs", "run_4.jsonl"), `${JSON.stringify({ ...record[0], at: 1 })}\nbroken\n`);
});

/** A command over the records of these tests. */
const runs = (...args: string[]): ReturnType<typeof fairwitness> => fairwitness(["runs", ...args, "--store", dir]);

describe("runs show", () => {
  test("is a log of what a run did: searches with their filters, what they found, what is cited where, what it cost", async () => {
    const { code, out, err } = await runs("show", "latest");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const part of [
      "SIMULATED: a simulator answered, not a model",
      "asked Is it hot in Lisbon, and is that true?",
      "xAI   x_search/x_keyword_search  “heat in Lisbon” limit: 10\n        ok · sources not disclosed · output not disclosed · 1.2 s observed",
      "xAI   web_search/search  “Lisbon temperature record”\n        ok · found 2 · output encrypted · time unknown",
      "          [2] https://example.com/heat\n          -  https://example.com/unused",
      "ok · found nothing",
      "        a = 41\n        if a:\n            print(a)\n",
      "error: 404",
      'here  get_weather  city: "Lisbon"\n        ok · ',
      "attempt 1 failed, stream_incomplete: The stream ended early.; 5 characters discarded; tried again after",
      "web_search_calls 2 · x_posts_fetched 3",
      "against x_search.allowedHandles",
      "[2] https://example.com/heat  Heat in Lisbon  at 107–142\n            “The record is 44 degrees.”",
      "[3] https://other.example/x  no place in the text",
      "completed\n2 turns · 5 calls at xAI · 1 call here · 1 failed attempt",
    ]) {
      expect(out).toContain(part);
    }
  });

  test("works on a run that is still going on", async () => {
    const { code, out } = await runs("show", "run_2");
    expect(code).toBe(0);
    expect(out).toContain("turn 1  not complete");
    expect(out).toContain(
      "xAI   x_search/x_keyword_search  “heat in Lisbon” limit: 10\n        no result yet (searching)",
    );
    expect(out).toContain("web_search/search  (its input is not there yet)\n        discarded with its attempt");
    expect(out).toContain("open: the run goes on or its process died; last heard of at 20");
  });

  test("prints the stored events with --json, a line each", async () => {
    const { out } = await runs("show", "run_1", "--json");
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(record);
  });
});

describe("runs sources", () => {
  test("is a list of claims, sources and the calls that found them", async () => {
    const { code, out } = await runs("sources", "1");
    expect(code).toBe(0);
    expect(out).toContain(
      "[2] https://example.com/heat  Heat in Lisbon\n    “The record is 44 degrees.”  turn 2, 107–142\n    found by web_search/search  “Lisbon temperature record”  reported",
    );
    expect(out).toContain("found, but not cited\n  https://example.com/unused");
    expect(out).toContain("1 search does not disclose what it found.");
  });

  test("is the report with --md, and the evidence with --json", async () => {
    const [markdown, json] = await Promise.all([runs("sources", "1", "--md"), runs("sources", "1", "--json")]);
    expect(markdown.out).toContain("> It is hot in Lisbon today.[^1] The record is 44 degrees [^2].");
    expect(JSON.parse(json.out)).toEqual(foldEvidence(record));
  });
});

describe("runs list", () => {
  test("shows every run, the newest first, and what is wrong with one that cannot be read", async () => {
    const { code, out } = await runs("list");
    expect(code).toBe(0);
    expect([...out.matchAll(/^run_\d/gm)].map(String)).toEqual(["run_1", "run_2", "run_3", "run_4"]);
    expect(out).toContain("run_1  completed  SIMULATED");
    expect(out).toContain("run_2  open");
    expect(out).toContain("run_4  unreadable\n  run_4: Line 2 of the record cannot be read");
  });

  test("prints a line for each run with --json, and says what --limit left out", async () => {
    const [json, few] = await Promise.all([runs("list", "--json"), runs("list", "--limit", "1")]);
    const lines = json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({ runId: "run_1", status: "completed", simulated: true, turns: 2 });
    expect(few.out).toContain("3 older. See them with --limit 4.");
  });
});

test("no terminal obeys what a model, a page or a query says (row 140)", async () => {
  const shown = await Promise.all([
    runs("show", "run_3"),
    runs("sources", "run_3"),
    runs("sources", "run_3", "--md"),
    runs("sources", "run_3", "--json"),
    runs("show", "run_3", "--json"),
    runs("show", nasty),
    fairwitness([nasty]),
  ]);
  for (const { out, err } of shown) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out + err).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
    expect(out + err).toMatch(/\[31mred/);
  }
});

test("colours are for terminals, unless they are asked for or refused", async () => {
  const [piped, forced, refused] = await Promise.all([
    runs("list"),
    fairwitness(["runs", "list", "--store", dir], { FORCE_COLOR: "1" }),
    fairwitness(["runs", "list", "--store", dir], { NO_COLOR: "1" }),
  ]);
  expect(piped.out).not.toContain("\x1b[");
  expect(forced.out).toContain("\x1b[");
  expect(refused.out).toBe(piped.out);
});

test("what failed gives 1, what was not understood gives 2 and the usage, both on the error output", async () => {
  const [none, broken, mistyped, help] = await Promise.all([
    runs("show", "run_9"),
    runs("show", "run_4"),
    fairwitness(["runs", "lits"]),
    fairwitness(["--help"]),
  ]);
  expect(none).toMatchObject({ code: 1, out: "", err: expect.stringContaining("Did you mean run_1?") });
  expect(broken).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("Line 2 of the record cannot be read"),
  });
  expect(mistyped).toMatchObject({ code: 2, out: "", err: expect.stringContaining('Did you mean "list"?') });
  expect(mistyped.err).toContain("Usage: fairwitness runs list");
  expect(help).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Exit codes: 0") });
});
