// Rows 73 to 76 of the fault matrix: results of every shape and size. Through `agent.run`.
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, defineTool, formatEvent, parseRecord, type RunError, type StoredEvent } from "fairwitness";
import { createFileStore, createMemoryArtifacts, createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { call, type keeper, play, told } from "../support/play.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

/** What is left of bytes that were sent to a worker. */
function givenAway(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

const home = mkdtempSync(join(tmpdir(), "fairwitness-results-"));
afterAll(() => rmSync(home, { recursive: true }));

const giving = (result: unknown, more: object = {}): ReturnType<typeof keeper>["tool"] =>
  defineTool({ name: "give", description: "d", input: z.object({}), execute: () => result, ...more });
const once = (): ScriptedModel => scriptedModel([{ calls: [call("give")] }, { text: "done" }]);

describe("a result", () => {
  it.each<[string, unknown, unknown]>([
    ["undefined", undefined, null], // handlers that return nothing are ordinary: no warning
    ["a big integer", 10n, "10"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["a map", new Map([["a", new Set([1n])]]), { a: ["1"] }],
    ["bytes", new Uint8Array([104, 105]), "aGk="],
    ["a list of numbers", new Float32Array([0.5]), [0.5]],
    ["an error", new RangeError("no"), { name: "RangeError", message: "no" }],
    ["not a number", Number.NaN, null],
  ])("that is %s has one encoding, for the record and the model (rows 73, 74)", async (_, value, json) => {
    const model = once();
    const { result } = await play(model, [giving(value)]);
    expect(result).toMatchObject({ status: "completed", toolCalls: [{ outcome: "ok", output: json }] });
    expect(told(model)).toEqual([typeof json === "string" ? json : JSON.stringify(json)]);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  // The matrix asks for null with a warning of functions and symbols; here they are told as what they are, like all that is no JSON.
  it.each<[string, unknown]>([
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a cycle", cyclic],
    ["a proxy that throws", new Proxy({}, { ownKeys: () => raise() })],
    ["a toJSON that throws", { toJSON: () => raise() }],
    ["a stream", new ReadableStream()],
    ["a list of four billion holes", Object.assign([], { length: 4_000_000_000 })],
    ["a list of a hundred million holes", Object.assign([], { length: 100_000_000 })],
    ["bytes whose memory was given away", givenAway()],
    ["2 GB of the same text", Array(2000).fill("x".repeat(1_000_000))],
    ["a text of half surrogates that no JSON can hold", "\ud83d".repeat(100_000_000)],
  ])(
    "that is %s is told to have come of a handler that ran, and the run goes on (rows 73, 74, 75, 76)",
    async (_, value) => {
      const model = once();
      const { events, result } = await play(model, [giving(value, { effect: "write" })]);
      expect(result).toMatchObject({
        status: "completed",
        toolCalls: [{ outcome: "error", begun: true, effect: "write" }],
      });
      expect(told(model)).toEqual([expect.stringContaining("give ran, but its result cannot be stored")]);
      expect(events.map((event) => event.type)).toContain("tool.executing");
    },
  );

  it("whose getters have effects has them once (row 75)", async () => {
    let reads = 0;
    const value = {
      get n() {
        return ++reads;
      },
    };
    const { result } = await play(once(), [giving(value)]);
    expect(result.toolCalls).toMatchObject([{ output: { n: 1 } }]);
    expect(reads).toBe(1);
  });
});

describe("a result that is too large for the record", () => {
  const large = { rows: Array.from({ length: 300 }, (_, n) => `row ${n}`) };
  const small = { maxStoredBytes: 1000, maxOutputBytes: 256 };

  it("stands beside it, whole, and the model is shown its beginning (row 76)", async () => {
    const store = createMemoryStore();
    const model = once();
    const { events, result } = await play(model, [giving(large, small)], { store });
    const [entry] = result.toolCalls;
    expect(entry).toMatchObject({ outcome: "ok", outputArtifact: { mediaType: "application/json" } });
    expect(entry).not.toHaveProperty("output");
    const bytes = await store.artifacts.get(entry?.outputArtifact?.sha256 ?? "");
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(large);
    expect(entry?.outputArtifact?.bytes).toBe(bytes.length);
    expect(told(model)[0]).toMatch(/^\{"rows":\["row 0".*\n\[cut: /);
    const record = events.filter((event): event is StoredEvent => "seq" in event);
    expect(parseRecord(record.map(formatEvent).join("")).events).toEqual(record);
    expect(JSON.stringify(record)).not.toContain("row 299");
  });

  it.each<[string, unknown, string, Uint8Array]>([
    ["a text", "é".repeat(600), "text/plain; charset=utf-8", new TextEncoder().encode("é".repeat(600))],
    [
      "half surrogates",
      "\ud83d".repeat(300),
      "application/json",
      new TextEncoder().encode(JSON.stringify("\ud83d".repeat(300))),
    ],
    ["bytes", new Uint8Array(1000).fill(7), "application/octet-stream", new Uint8Array(1000).fill(7)],
    [
      "part of a buffer",
      Buffer.alloc(3000, 9).subarray(500, 1500),
      "application/octet-stream",
      new Uint8Array(1000).fill(9),
    ],
    ["a view", new DataView(new ArrayBuffer(1000)), "application/octet-stream", new Uint8Array(1000)],
  ])("is kept as what it is: %s (row 76)", async (_, value, mediaType, bytes) => {
    const agent = createAgent({ name: "t", model: once(), tools: [giving(value, small)] });
    const result = await agent.run("go");
    const artifact = result.toolCalls[0]?.outputArtifact;
    expect(artifact).toMatchObject({ mediaType, bytes: bytes.length });
    expect(await result.artifact(artifact?.sha256 ?? "")).toEqual(bytes);
  });

  it.each([
    ["a text", "x".repeat(998)],
    ["JSON", { a: "x".repeat(992) }],
    ["JSON of what is escaped", "\ud83d".repeat(166)],
  ])("is one beyond its bound, and not one that reaches it: %s (row 76)", async (_, value) => {
    const { result } = await play(once(), [giving(value, small)]);
    expect(result.toolCalls).toMatchObject([{ output: value }]);
  });

  it.each<[string, unknown]>([
    ["numbers", Array(500_000).fill(Math.PI)],
    ["numbers in an array of their own", new Float64Array(500_000).fill(Math.PI)],
    ["truth values, deep within", { a: [{ b: Array(500_000).fill(true) }] }],
    ["nothing", Array(500_000).fill(undefined)],
    ["functions", Array(500_000).fill(() => 1)],
    ["dates", Array(50_000).fill(new Date(0))],
    ["texts in objects of their own", [new String("x".repeat(2_000_000))]],
    ["the message of an error", new Error("x".repeat(2_000_000))],
  ])("does not fill the record where it is made of %s (row 76)", async (_, value) => {
    const agent = createAgent({ name: "t", model: once(), tools: [giving(value, { toModel: () => "long" })] });
    const run = agent.stream("go");
    const { toolCalls, status } = await run.result();
    const artifact = toolCalls[0]?.outputArtifact;
    expect({ status, outcome: toolCalls[0]?.outcome }).toEqual({ status: "completed", outcome: "ok" });
    expect(artifact?.mediaType).toBe("application/json");
    expect(artifact?.bytes).toBeGreaterThan(1_048_576);
    expect(JSON.stringify(run.record).length).toBeLessThan(10_000);
  });

  it("can be read by all that the run hands out: itself, its result, and the error of one that did not complete (row 76)", async () => {
    const agent = createAgent({ name: "t", model: once(), tools: [giving(large, small)], limits: { turns: 1 } });
    const run = agent.stream("go");
    const result = await run.result();
    const sha256 = result.toolCalls[0]?.outputArtifact?.sha256 ?? "";
    expect(await result.artifact(sha256)).toEqual(await run.artifact(sha256));
    expect(Object.keys(result)).not.toContain("artifact");
    const again = createAgent({ name: "t", model: once(), tools: [giving(large, small)], limits: { turns: 1 } });
    const error: unknown = await again.run("go").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "run_limited" });
    const { result: limited } = error as RunError; // its code says that it is one
    expect(await limited.artifact(sha256)).toEqual(await run.artifact(sha256));
  });

  it("and that a store neither keeps nor refuses does not hold a run that is stopped (rows 76, 88)", async () => {
    const never = (): Promise<never> => new Promise(() => {});
    const store = { append() {}, read: never, list: never, artifacts: { put: never, get: never } };
    const model = once();
    const agent = createAgent({ name: "t", model, tools: [giving(large, { ...small, effect: "write" })], store });
    const run = agent.stream("go");
    while (run.record.at(-1)?.type !== "tool.executing") await new Promise((next) => setImmediate(next));
    await new Promise((next) => setImmediate(next));
    expect(await run.cancel("enough")).toMatchObject({
      status: "cancelled",
      toolCalls: [{ outcome: "ok", begun: true }],
      warnings: [{ code: "artifact_failed" }],
    });
    expect(checkEvents(run.record)).toEqual([]);
  });

  it("is not narrowed to by its tool, for its event has no output (row 76)", async () => {
    const tool = giving(large, small);
    const { events } = await play(once(), [tool]);
    expect(events.filter((event) => tool.is(event)).map((event) => event.type)).toEqual([
      "tool.input",
      "tool.executing",
    ]);
  });

  it("shows the model what toModel makes of it, and of bytes no more than that they are there (row 76)", async () => {
    const viewed = once();
    await play(viewed, [giving(large, { ...small, toModel: () => "300 rows" })]);
    expect(told(viewed)).toEqual(["300 rows"]);
    const plain = once();
    await play(plain, [giving(new Uint8Array(5000), small)]);
    expect(told(plain)).toEqual(["(5000 bytes of binary data, kept and not shown)"]);
  });

  it("is what it was when the handler returned it (row 76)", async () => {
    const bytes = new Uint8Array(2000).fill(1);
    const agent = createAgent({ name: "t", model: once(), tools: [giving(bytes, small)] });
    const run = agent.stream("go");
    for await (const event of run) if (event.type === "tool.completed") bytes.fill(2);
    const [entry] = (await run.result()).toolCalls;
    expect(await run.artifact(entry?.outputArtifact?.sha256 ?? "")).toEqual(new Uint8Array(2000).fill(1));
  });

  it("and for which there is no room is said to be dropped (row 76)", async () => {
    const store = { append() {}, read: () => Promise.reject(), list: () => Promise.reject() };
    const artifacts = createMemoryArtifacts({ maxBytes: 100 });
    const { events, result } = await play(once(), [giving(large, small)], { store: { ...store, artifacts } });
    expect(result).toMatchObject({
      status: "completed",
      toolCalls: [{ outcome: "ok", outputArtifact: { dropped: true, sha256: expect.any(String) } }],
      warnings: [{ code: "artifact_dropped", message: expect.stringContaining("Give the agent a store") }],
    });
    expect(checkEvents(events)).toEqual([]);
  });

  it("and that a store cannot keep ends the run, with what the tool did on the record (row 76)", async () => {
    const artifacts = { put: () => Promise.reject(new Error("disk full")), get: () => Promise.reject() };
    const store = { append() {}, read: () => Promise.reject(), list: () => Promise.reject(), artifacts };
    const model = once();
    const { result } = await play(model, [giving(large, { ...small, effect: "write" })], { store });
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "store_failed", message: expect.stringContaining("disk full") },
      toolCalls: [{ outcome: "ok", begun: true }],
    });
    expect(model.seen).toHaveLength(1);
  });

  it("may have 100 MB: the record stays small, the file is whole (row 76)", async () => {
    const store = createFileStore(join(home, "large"));
    const bytes = 100_000_000;
    const agent = createAgent({ name: "t", model: once(), tools: [giving("x".repeat(bytes))], store });
    const result = await agent.run("go");
    const artifact = result.toolCalls[0]?.outputArtifact;
    expect(artifact).toMatchObject({ bytes, mediaType: "text/plain; charset=utf-8" });
    const [file = ""] = readdirSync(join(home, "large", "artifacts"));
    expect(file).toBe(artifact?.sha256);
    const kept = readFileSync(join(home, "large", "artifacts", file));
    expect(kept.length).toBe(bytes);
    expect(createHash("sha256").update(kept).digest("hex")).toBe(file);
    // What the model was shown is in the record, and nothing else of it: at most 1 MiB.
    const record = readFileSync(join(home, "large", "runs", `${result.runId}.jsonl`));
    expect(record.length).toBeLessThan(1_100_000);
  });

  it("and comes late where nothing keeps it says so in its evidence (rows 72, 76)", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const artifacts = { put: () => Promise.reject(new Error("disk full")), get: () => Promise.reject() };
    const store = { append() {}, read: () => Promise.reject(), list: () => Promise.reject(), artifacts };
    const run = createAgent({ name: "t", model: once(), tools: [giving(promise, small)], store }).stream("go");
    while (run.record.at(-1)?.type !== "tool.executing") await new Promise((next) => setImmediate(next));
    await run.cancel();
    resolve(large);
    while (run.record.at(-1)?.type !== "tool.late") await new Promise((next) => setImmediate(next));
    expect(run.record.at(-1)).toMatchObject({ outcome: "ok", error: { code: "store_failed" } });
  });

  it("and comes late is kept all the same, as evidence (rows 72, 76)", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const store = createMemoryStore();
    const run = createAgent({ name: "t", model: once(), tools: [giving(promise, small)], store }).stream("go");
    while (run.record.at(-1)?.type !== "tool.executing") await new Promise((next) => setImmediate(next));
    await run.cancel();
    resolve(large);
    while (run.record.at(-1)?.type !== "tool.late") await new Promise((next) => setImmediate(next));
    const late = run.record.at(-1);
    const sha256 = late?.type === "tool.late" ? late.outputArtifact?.sha256 : undefined;
    expect(JSON.parse(new TextDecoder().decode(await store.artifacts.get(sha256 ?? "")))).toEqual(large);
    expect((await store.read(run.id)).events).toEqual(run.record);
    expect(checkEvents(run.record)).toEqual([]);
  });
});

function raise(): never {
  throw new Error("no");
}
