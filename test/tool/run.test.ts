import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { callTool, defineTool, type ToolContext } from "../../src/tool/index.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { answerOf, requestOf, toolOf } from "./support.ts";

const unhandled: unknown[] = [];
const listener = (reason: unknown): number => unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", listener));
afterEach(async () => {
  await delay(1);
  process.off("unhandledRejection", listener);
  expect(unhandled.splice(0)).toEqual([]);
});

const input = { type: "object", properties: {} };

test.each([
  ["a string as it is", () => "18 °C", "18 °C", "18 °C"],
  ["an object as JSON", async () => ({ t: 18 }), { t: 18 }, '{"t":18}'],
  ["nothing as null", () => undefined, null, "null"],
  ["an empty text, which xAI takes in no message, in words", () => "", "", "(empty text)"],
  ["half a surrogate pair made whole", () => "a\ud83d", "a\ud83d", "a\ufffd"],
])("a result is shown to the model: %s", async (_name, execute, output, content) => {
  expect(await answerOf(execute)).toEqual({ outcome: "ok", output, content, durationMs: 0 });
});

test("a handler is given its call, and cannot change it", async () => {
  let given: ToolContext | undefined;
  const tool = defineTool({
    name: "act",
    description: "Acts.",
    input,
    execute: (_input, context) => {
      given = context;
    },
  });
  await callTool(tool, {}, requestOf({ attempt: 2, context: { db: 1 } }));
  expect(given).toMatchObject({ runId: "run", callId: "call_1", key: "run/tool:1.1", attempt: 2, context: { db: 1 } });
  expect(Object.isFrozen(given)).toBe(true);
});

describe("whatever a handler throws, there is one answer, and the model learns no secret", () => {
  const secret = "postgres://user:s3cret@db";
  const kept = "postgres://[redacted]@db"; // nor does the record
  const proxy: unknown = new Proxy(() => {}, {
    get: () => {
      throw new Error(secret);
    },
    getPrototypeOf: () => {
      throw new Error(secret);
    },
    has: () => {
      throw new Error(secret);
    },
  });
  class DatabaseError extends Error {
    override name = "DatabaseError";
  }
  test.each<[string, unknown, string, string]>([
    ["an error", new Error(secret), "act failed.", `Error: ${kept}`],
    ["an error of a class", new DatabaseError(secret), "act failed: DatabaseError.", `DatabaseError: ${kept}`],
    ["an error with a secret for a name", Object.assign(new Error("x"), { name: secret }), "act failed.", "Error: x"],
    [
      "an error with a cause",
      new TypeError("fetch failed", { cause: new Error(secret) }),
      "act failed: TypeError.",
      `TypeError: fetch failed (cause: ${kept})`,
    ],
    ["a string", secret, "act failed.", `threw ${kept}`],
    ["null", null, "act failed.", "threw [object Null]"],
    ["undefined", undefined, "act failed.", "threw [object Undefined]"],
    ["a frozen error", Object.freeze(new Error(secret)), "act failed.", `Error: ${kept}`],
    ["a proxy that cannot be read", proxy, "act failed.", "an error that cannot be read"],
  ])("%s (rows 68, 69, 70)", async (_name, thrown, content, message) => {
    const expected = { outcome: "error", content, error: { code: "tool_failed", message }, durationMs: 0 };
    const throwing = (): never => {
      throw thrown;
    };
    expect(await answerOf(throwing)).toEqual(expected);
    expect(await answerOf(async () => throwing())).toEqual(expected);
    expect(content).not.toContain("s3cret");
  });
  test("an AgentError speaks to the model in its own words (row 69)", async () => {
    const answer = await answerOf(() => {
      throw new AgentError("tool_failed", 'No city "Lisbonn".', { cause: new Error(secret) });
    });
    expect(answer.content).toBe('No city "Lisbonn".');
    expect(answer.error).toMatchObject({ code: "tool_failed", message: `No city "Lisbonn". (cause: ${kept})` });
  });
});

describe("a handler that ran and whose result is no JSON is said to have run", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  test.each<[string, unknown, string]>([
    ["a cycle", cyclic, "the result.self refers back to what holds it (a cycle)"],
    [
      "a toJSON that throws",
      {
        toJSON: () => {
          throw new Error("x");
        },
      },
      "reading it threw an error",
    ],
    [
      "a getter that throws",
      {
        get a() {
          throw new Error("x");
        },
      },
      "reading it threw an error",
    ],
    [
      "a response",
      new Response("x"),
      "the result is a Response without JSON of its own: return plain data read from it",
    ],
    ["a promise inside", { a: Promise.resolve(1) }, "the result.a is a Promise without JSON of its own: await it"],
    ["a function", () => 1, "the result is a function"],
  ])("%s (rows 73, 74, 75)", async (_name, result, reason) => {
    const answer = await answerOf(() => result);
    expect(answer).toMatchObject({ outcome: "error", error: { code: "tool_failed" } });
    expect(answer.content).toContain(`act ran, but its result cannot be stored: ${reason}`);
    expect(answer).not.toHaveProperty("output");
  });
});

test("a handler that never answers is answered for when its time is up, and told to stop (row 71)", async () => {
  const clock = fakeClock();
  let signal: AbortSignal | undefined;
  const tool = defineTool({
    name: "act",
    description: "Acts.",
    input,
    timeoutMs: 5000,
    execute: (_input, context) => {
      signal = context.signal;
      return new Promise(() => {});
    },
  });
  const calling = callTool(tool, {}, requestOf({ clock }));
  await clock.pass(5000);
  const content =
    "act did not finish within 5 s. It may or may not have had its effect: find out before you call it again.";
  expect(await calling).toEqual({
    outcome: "timeout",
    content,
    error: { code: "tool_timeout", message: content },
    durationMs: 5000,
  });
  expect(signal?.reason).toMatchObject({ name: "TimeoutError" });
  expect(clock.waiting).toBe(0);
});

test("a reader that timed out is safe to call again, and the model is told so", async () => {
  const clock = fakeClock();
  const calling = callTool(
    toolOf(() => new Promise(() => {}), { effect: "read" }),
    {},
    requestOf({ clock }),
  );
  await clock.pass(60_000);
  expect((await calling).content).toBe("act did not finish within 60 s. It is safe to call it again.");
});

describe("an abort is answered at once", () => {
  test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ["by a handler that ignores it", () => new Promise(() => {})],
    [
      "by a handler that rejects on it",
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ],
    [
      "by a handler that rejects later",
      async () => {
        await delay(1);
        throw new Error("late");
      },
    ],
    [
      "by a handler that returns on it",
      (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("done"))),
    ],
  ])("%s (row 72)", async (_name, execute) => {
    const controller = new AbortController();
    const clock = fakeClock();
    const tool = defineTool({
      name: "act",
      description: "Acts.",
      input,
      execute: (_input, { signal }) => execute(signal),
    });
    const calling = callTool(tool, {}, requestOf({ signal: controller.signal, clock }));
    controller.abort(new Error("enough"));
    expect(await calling).toMatchObject({
      outcome: "cancelled",
      content: expect.stringContaining("The run was cancelled while act ran."),
      error: { code: "run_cancelled", message: expect.stringContaining("enough") },
    });
    expect(clock.waiting).toBe(0);
  });
  test("before the handler began, which then does not begin", async () => {
    let began = false;
    const answer = await answerOf(
      () => {
        began = true;
      },
      { signal: AbortSignal.abort("no") },
    );
    expect(answer).toMatchObject({
      outcome: "cancelled",
      content: "The run was cancelled before act began: it did nothing.",
    });
    expect(answer).not.toHaveProperty("durationMs");
    expect(began).toBe(false);
  });
});

test("a large result is cut for the model with a count, and stored whole (row 76)", async () => {
  const text = "é".repeat(2000);
  const answer = await callTool(
    toolOf(() => text, { maxOutputBytes: 1000 }),
    {},
    requestOf(),
  );
  expect(answer.output).toBe(text);
  expect(new TextEncoder().encode(String(answer.content)).length).toBeLessThanOrEqual(1000);
  expect(answer.content).toMatch(/^é+\n\[cut: the first 872 of 4000 bytes; 3128 bytes are not shown\]$/);
});

test("a result of exactly the limit is not cut", async () => {
  const answer = await callTool(
    toolOf(() => "é".repeat(500), { maxOutputBytes: 1000 }),
    {},
    requestOf(),
  );
  expect(answer.content).toBe("é".repeat(500));
});

test("progress reaches viewers as JSON until the answer, and not after it", async () => {
  const seen: unknown[] = [];
  let report: ((data: unknown) => void) | undefined;
  const tool = defineTool({
    name: "act",
    description: "Acts.",
    input,
    execute: (_input, { progress }) => {
      report = progress;
      progress({ at: new Date(0) });
      progress(() => 1);
    },
  });
  await callTool(tool, {}, requestOf({ progress: (data) => void seen.push(data) }));
  report?.("late");
  expect(seen).toEqual([{ at: "1970-01-01T00:00:00.000Z" }, expect.stringContaining("progress that is not JSON")]);
});
