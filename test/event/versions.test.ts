import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentError,
  createAgent,
  foldResult,
  formatEvent,
  parseRecord,
  type StoredEvent,
  storedEventSchema,
} from "fairwitness";
import { createFileStore, createMemoryStore } from "fairwitness/store";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RECORD_VERSION } from "../../src/event/index.ts";
import { fairwitness } from "../cli/command.ts";
import { scriptedModel } from "../support/scripted-model.ts";

const golden = (name: string): string => readFileSync(new URL(`golden/${name}`, import.meta.url), "utf8");
const resultOf = (name: string): unknown => JSON.parse(golden(`${name}.result.json`));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
/** The events of a record as they stand in its lines, without their checksums. */
const linesOf = (name: string): readonly Record<string, unknown>[] =>
  golden(`${name}.jsonl`)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { crc, ...event } = JSON.parse(line);
      return event;
    });

function refusal(text: string): AgentError {
  try {
    parseRecord(text);
  } catch (error) {
    return error as AgentError; // nothing else is thrown by it, and its code is compared
  }
  throw new Error("It was read.");
}

describe("a record of version 1", () => {
  test("is read as it was written, fits the schema, and comes to the result that it came to then (row 101)", () => {
    const { events, unknown } = parseRecord(golden("v1.jsonl"));
    expect(unknown).toEqual([]);
    expect(events).toEqual(linesOf("v1"));
    for (const event of events) expect(storedEventSchema().parse(event)).toEqual(event);
    expect(plain(foldResult(events))).toEqual(resultOf("v1"));
  });

  test("is what an agent writes now", async () => {
    const store = createMemoryStore();
    const agent = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]), store });
    const { runId } = await agent.run("Lisbon?");
    expect((await store.read(runId)).events[0]).toMatchObject({ type: "run.started", version: RECORD_VERSION });
    expect(RECORD_VERSION).toBe(1);
  });
});

describe("a record from before there were versions", () => {
  test("is brought into the form of this one, and comes to all that it came to then (row 101)", () => {
    const { events, unknown } = parseRecord(golden("v0.jsonl"));
    expect(linesOf("v0")[0]).not.toHaveProperty("version");
    expect(unknown).toEqual([]);
    const [first, ...others] = linesOf("v0");
    expect(events).toEqual([{ ...first, version: 1 }, ...others]);
    for (const event of events) expect(storedEventSchema().parse(event)).toEqual(event);
    expect(plain(foldResult(events))).toMatchObject(resultOf("v0") as object);
  });

  test("that was brought into this form stays as it is when it is read again", () => {
    const { events } = parseRecord(golden("v0.jsonl"));
    expect(parseRecord(events.map(formatEvent).join("")).events).toEqual(events);
  });

  test("may be carried on by this one", () => {
    const open = golden("v0.jsonl").trimEnd().split("\n").slice(0, -1);
    const resumed = {
      type: "run.resumed",
      version: 1,
      seq: 25,
      runId: "run_1",
      turn: 3,
      at: 1,
      model: "m",
      api: "a",
      limits: {},
    };
    const { events } = parseRecord(`${open.join("\n")}\n${JSON.stringify(resumed)}\n`.replace(/,"crc":"\w+"/g, ""));
    expect(events.at(-1)).toEqual(resumed);
    expect(events[0]).toMatchObject({ version: 1 });
  });
});

describe("a record of a later version", () => {
  test("is refused, with its version, what is read here, and what to do (row 101)", () => {
    const error = refusal(golden("v2.jsonl"));
    expect(error.code).toBe("record_version");
    expect(error.message).toContain("The record of run_1 has version 2");
    expect(error.message).toContain(`reads versions up to ${RECORD_VERSION}. Update fairwitness`);
  });

  test("is refused by a store, by resume and by the command line, and listed with what is wrong with it (row 101)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fairwitness-versions-"));
    try {
      mkdirSync(join(folder, "runs"));
      const file = join(folder, "runs", "run_1.jsonl");
      writeFileSync(file, golden("v2.jsonl"));
      const store = createFileStore(folder);
      const agent = createAgent({ name: "golden", model: scriptedModel([{ text: "Sunny." }]), store });
      await expect(store.read("run_1")).rejects.toMatchObject({ code: "record_version" });
      await expect(agent.resume("run_1")).rejects.toMatchObject({ code: "record_version" });
      expect(await store.list()).toMatchObject([{ runId: "run_1", problem: expect.stringContaining("has version 2") }]);
      const shown = await fairwitness(["runs", "show", "run_1", "--store", folder]);
      expect(shown).toMatchObject({ code: 1, out: "", err: expect.stringContaining("Update fairwitness") });
      expect(readFileSync(file, "utf8")).toBe(golden("v2.jsonl"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("is refused from where a later version carried it on", () => {
    const lines = golden("v1.jsonl")
      .replace(/,"crc":"\w+"/g, "")
      .split("\n");
    const later = lines.map((line) =>
      line.includes("run.resumed") ? line.replace('"version":1', '"version":2') : line,
    );
    expect(refusal(later.join("\n")).code).toBe("record_version");
    const end = later.findIndex((line) => line.includes("run.resumed"));
    expect(parseRecord(`${later.slice(0, end).join("\n")}\n`).events).toHaveLength(end);
  });
});

test("what is no version is a broken record, and every version above this one is a later one", () => {
  const [first] = linesOf("v1");
  const withVersion = (version: unknown): string => formatEvent({ ...first, version } as unknown as StoredEvent);
  for (const version of [0, -1, 1.5, "1", null, true, [1], 2 ** 53]) {
    const { code, message } = refusal(withVersion(version));
    expect({ code, message }, String(version)).toEqual({
      code: "malformed_record",
      message: expect.stringContaining("run.started.version is no version of a record"),
    });
  }
  fc.assert(
    fc.property(fc.integer({ min: RECORD_VERSION + 1, max: Number.MAX_SAFE_INTEGER }), (version) => {
      expect(refusal(withVersion(version)).code).toBe("record_version");
    }),
  );
});
