// Rows 59 to 67 of the fault matrix: what a model may ask of our tools. Through `agent.run`.
import { type AnyTool, createAgent, defineTool } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, keeper, play, told } from "../support/play.ts";
import { scriptedModel } from "../support/scripted-model.ts";

describe("arguments", () => {
  const strict = (): { tool: AnyTool; ran: () => number } => {
    let ran = 0;
    const input = z.strictObject({ city: z.string().min(1), days: z.int() });
    return { tool: defineTool({ name: "plan", description: "d", input, execute: () => ++ran }), ran: () => ran };
  };

  it.each([
    ["invalid JSON", '{"city":"Lis', "not JSON"],
    ["nothing", "", "city"],
    ["wrong types", '{"city":1,"days":"x"}', "city"],
    ["keys that nobody asked for", '{"city":"a","days":1,"admin":true}', "admin"],
  ])(
    "that are %s become one result that names the place, and the handler does not run (row 59)",
    async (_, text, place) => {
      const { tool, ran } = strict();
      const model = scriptedModel([{ calls: [call("plan", text)] }, { text: "sorry" }]);
      const played = await play(model, [tool]);
      expect(played.outcomes).toEqual(["invalid_input"]);
      expect(told(model)).toEqual([expect.stringContaining(place)]);
      expect(ran()).toBe(0);
    },
  );

  it("of any shape reach the handler only where the schema takes them (row 59)", async () => {
    const days = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null));
    const text = fc.oneof(
      fc.record({ city: fc.oneof(fc.string(), fc.integer()), days }).map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(text, async (written) => {
        const { tool, ran } = strict();
        const played = await play(scriptedModel([{ calls: [call("plan", written)] }, { text: "done" }]), [tool]);
        expect(played.result.status).toBe("completed");
        expect(played.outcomes).toEqual([ran() === 1 ? "ok" : "invalid_input"]);
      }),
      { numRuns: 60 },
    );
  });

  it.each(["plam", "__proto__", "constructor", "toString", "", "\u0000", "x".repeat(10_000)])(
    "of a tool that is not there (%#) become a result with the names that are (row 60)",
    async (name) => {
      const model = scriptedModel([{ calls: [call(name)] }, { text: "sorry" }]);
      const played = await play(model, [strict().tool]);
      expect(played.outcomes).toEqual(["unknown_tool"]);
      expect(told(model)).toEqual([expect.stringContaining("Tools: plan.")]);
    },
  );

  it.each(['{"__proto__":{"admin":true}}', '{"a":[{"constructor":{"prototype":{"x":1}}}]}'])(
    "with keys that reach for prototypes never reach a handler: %s (row 63)",
    async (text) => {
      const { tool, given } = keeper();
      const played = await play(scriptedModel([{ calls: [call("keep", text)] }, { text: "sorry" }]), [tool]);
      expect(played.outcomes).toEqual(["invalid_input"]);
      expect(given).toEqual([]);
      expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
    },
  );

  it.each([
    ["100,000 levels deep", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "deeper than 64"],
    ["10 MB long", JSON.stringify({ a: "x".repeat(10_000_000) }), "longer than 1048576"],
  ])("that are %s are told so, before anything parses them (rows 64, 65)", async (_, text, why) => {
    const { tool, given } = keeper();
    const model = scriptedModel([{ calls: [call("keep", text)] }, { text: "sorry" }]);
    const { result } = await play(model, [tool]);
    expect(result).toMatchObject({ status: "completed", toolCalls: [{ outcome: "invalid_input" }] });
    expect(told(model)).toEqual([expect.stringContaining(why)]);
    expect(given).toEqual([]);
  });
});

describe("call ids", () => {
  it("that stand twice for the same call run it once, and both calls have their result (row 61)", async () => {
    const { tool, given } = keeper();
    const calls = [call("keep", { n: 1 }, "c1"), call("keep", { n: 1 }, "c1"), call("keep", { n: 2 }, "c2")];
    const model = scriptedModel([{ calls }, { text: "done" }]);
    const played = await play(model, [tool]);
    expect(given).toEqual([{ n: 1 }, { n: 2 }]);
    expect(played.outcomes).toEqual(["ok", "denied", "ok"]);
    expect(played.result.toolCalls[1]).toMatchObject({
      begun: false,
      duplicateOf: "c1",
      error: { code: "duplicate_call" },
    });
    expect(told(model)).toEqual(["kept", expect.stringContaining("once more"), "kept"]);
  });

  it("that stand for two calls make the turn no turn: nothing runs, and it is asked for again (row 61)", async () => {
    const { tool, given } = keeper();
    const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
    const bad = { calls: [call("keep", { n: 1 }, "c1"), call("keep", { n: 2 }, "c1")], usage };
    const model = scriptedModel([bad, { calls: [call("keep", { n: 3 }, "c1")], usage }, { text: "done", usage }]);
    const { events, result } = await play(model, [tool]);
    expect(events.find((event) => event.type === "turn.retrying")).toMatchObject({
      error: { code: "malformed_event" },
    });
    expect(given).toEqual([{ n: 3 }]);
    expect(result).toMatchObject({ status: "completed", usage: { requests: 3, totalTokens: 15, unreported: 0 } });
  });

  it("that contradict each other in every attempt fail the run, with nothing run (row 61)", async () => {
    const { tool, given } = keeper();
    const { result } = await play(
      scriptedModel(() => ({ calls: [call("keep", {}, "c1"), call("other", {}, "c1")] })),
      [tool],
    );
    expect(result).toMatchObject({ status: "failed", error: { code: "malformed_event", attempts: 3 }, toolCalls: [] });
    expect(given).toEqual([]);
  });

  it("of any pattern run each call once or none of the turn, and leave every call with one result (row 61)", async () => {
    const calls = fc.array(
      fc.record({ id: fc.constantFrom("a", "b", "c", "d", ""), arguments: fc.constantFrom('{"n":1}', '{"n":2}') }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (asked) => {
        const { tool, given } = keeper();
        const model = scriptedModel([{ calls: asked.map((one) => ({ tool: "keep", ...one })) }, { text: "done" }]);
        const { result } = await play(model, [tool], { retry: { attempts: 1 } });
        const named = asked.filter(({ id }) => id !== "");
        const texts = Map.groupBy(named, ({ id }) => id);
        const isSound = [...texts.values()].every((same) => new Set(same.map((one) => one.arguments)).size === 1);
        expect(result.status).toBe(isSound ? "completed" : "failed");
        expect(given).toHaveLength(isSound ? texts.size + asked.length - named.length : 0);
        const results = result.messages.flatMap((message) => (message.role === "tool" ? [message.callId] : []));
        expect(results).toHaveLength(isSound ? asked.length : 0);
        expect(new Set(results).size).toBe(results.length);
      }),
      { numRuns: 100 },
    );
  });

  it("that are missing are made up, each call with its own (row 62)", async () => {
    const { tool, given } = keeper();
    const model = scriptedModel([
      { calls: [call("keep", { n: 1 }, ""), call("keep", { n: 1 }, "")] },
      { text: "done" },
    ]);
    const { result } = await play(model, [tool]);
    expect(given).toHaveLength(2);
    expect(result.toolCalls.map((entry) => entry.call.id)).toEqual(["call_1_1", "call_1_2"]);
    expect(model.seen[1]?.flatMap((message) => (message.role === "tool" ? [message.callId] : []))).toEqual([
      "call_1_1",
      "call_1_2",
    ]);
  });
});

describe("many calls in one turn", () => {
  it("run eight at a time, and those beyond 128 do not run and are told so (row 66)", async () => {
    let now = 0;
    let most = 0;
    let ran = 0;
    const checked: number[] = [];
    const busy = defineTool({
      name: "busy",
      description: "d",
      input: z.object({ n: z.number().refine((n) => checked.push(n) > 0) }),
      effect: "read",
      async execute() {
        most = Math.max(most, ++now);
        await Promise.resolve();
        now -= 1;
        ran += 1;
      },
    });
    const model = scriptedModel([
      { calls: Array.from({ length: 200 }, (_, n) => call("busy", { n })) },
      { text: "done" },
    ]);
    const played = await play(model, [busy]);
    expect({ ran, most, checked: checked.length }).toEqual({ ran: 128, most: 8, checked: 128 });
    expect(played.outcomes).toEqual([...Array(128).fill("ok"), ...Array(72).fill("denied")]);
    expect(told(model)).toHaveLength(200);
    expect(told(model)[128]).toBe(
      "busy was not run: only the first 128 calls of a turn are. Ask for it again in a later turn.",
    );
  });

  it("are as many as toolCallsPerTurn says (row 66)", async () => {
    const { tool, given } = keeper();
    const calls = [1, 2, 3].map((n) => call("keep", { n }));
    const played = await play(scriptedModel([{ calls }, { text: "done" }]), [tool], { toolCallsPerTurn: 2 });
    expect(given).toHaveLength(2);
    expect(played.outcomes).toEqual(["ok", "ok", "denied"]);
    expect(() => createAgent({ name: "t", model: scriptedModel([]), toolCallsPerTurn: 0 })).toThrow("toolCallsPerTurn");
  });

  it("on one resource lose no update where the tool says so, and run in the order of the turn (row 67)", async () => {
    let balance = 0;
    const order: number[] = [];
    const pay = defineTool({
      name: "pay",
      description: "d",
      // The checks end in another order than they began.
      input: z.object({ n: z.number().refine((n) => new Promise((done) => setTimeout(() => done(true), 6 - n))) }),
      effect: "write",
      concurrency: { key: "account" },
      async execute({ n }) {
        order.push(n);
        const before = balance;
        await new Promise((done) => setImmediate(done));
        balance = before + n;
      },
    });
    const calls = [1, 2, 3, 4, 5].map((n) => call("pay", { n }));
    await play(scriptedModel([{ calls }, { text: "done" }]), [pay]);
    expect({ balance, order }).toEqual({ balance: 15, order: [1, 2, 3, 4, 5] });
  });
});
