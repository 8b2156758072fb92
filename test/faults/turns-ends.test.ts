import type { SimTurn } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { APIS, ask, givenUp, weather } from "./turns-support.ts";

const good: SimTurn = { text: "It is settled." };

describe("a turn cut short by its length", () => {
  it.each(APIS)(
    "in the arguments of a call is output_truncated over %s: no call runs, and none is the model's mistake (row 39)",
    async (api) => {
      const turn: SimTurn = {
        text: "Let me look.",
        toolCalls: [weather("Faro"), { name: "get_weather", arguments: '{"city":"Lis' }],
        split: "fragments",
        finishReason: "length",
      };
      const { result, record, ran, requests } = await ask(api, [turn, good]);
      expect(result).toMatchObject({ status: "failed", error: { code: "output_truncated" }, finishReason: "length" });
      expect([ran, requests.length, givenUp({ record })]).toEqual([[], 1, []]);
      expect(result.toolCalls.map(({ outcome }) => outcome)).toEqual([undefined, undefined]);
      expect(record.filter(({ type }) => type === "tool.completed")).toEqual([]);
      // The conversation can go on: the strict simulator takes it, and the model is told nothing of bad arguments.
      const next = await ask(api, [good], result.messages);
      expect(next.result).toMatchObject({ status: "completed", text: "It is settled." });
      expect(JSON.stringify(next.requests)).not.toMatch(/invalid/i);
    },
  );

  it.each(APIS)("behind arguments that happen to be whole runs nothing over %s (row 40)", async (api) => {
    const { result, record, ran, requests } = await ask(api, [
      { toolCalls: [weather("Lisbon")], finishReason: "length" },
      good,
    ]);
    expect(result).toMatchObject({ status: "failed", error: { code: "output_truncated" } });
    expect([ran, requests.length]).toEqual([[], 1]);
    expect(record.filter(({ type }) => type === "tool.executing" || type === "tool.completed")).toEqual([]);
  });

  it.each(APIS)("in its text keeps the text apart, and is no answer over %s (row 38)", async (api) => {
    const { result, record } = await ask(api, [{ text: "It is half", incomplete: "max_output_tokens" }]);
    expect(result).toMatchObject({ status: "failed", error: { code: "output_truncated" } });
    const turn = record.find((event) => event.type === "turn.completed");
    expect(turn).toMatchObject({ finishReason: "length", message: { content: "It is half" } });
  });
});

describe("a turn that the server fails", () => {
  it.each([
    ["server_error", "server_error", 2],
    ["invalid_request_error", "invalid_request", 1],
  ])(
    "with response.failed (%s) is that error, and what it said is no answer (row 38)",
    async (code, ours, requests) => {
      const failed: SimTurn = { text: "It is half", failed: { code, message: "It broke." } };
      const asked = await ask("responses", [failed, good]);
      expect(givenUp(asked)).toEqual([ours]);
      expect(asked.requests).toHaveLength(requests);
      expect(asked.result).toMatchObject(
        requests === 2
          ? { status: "completed", text: good.text }
          : { status: "failed", text: "", error: { code: ours } },
      );
    },
  );

  const shapes: readonly (readonly [string, unknown, string])[] = [
    [
      "as OpenAI words it",
      { error: { message: "It broke.", type: "server_error", code: "server_error" } },
      "server_error",
    ],
    [
      "as Anthropic words it",
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      "overloaded",
    ],
    [
      "as xAI words it",
      { code: "The service is currently unavailable", error: "Timed out waiting for first token" },
      "overloaded",
    ],
    [
      "as an event with a message",
      { type: "error", message: "The model is currently at capacity due to high demand." },
      "overloaded",
    ],
  ];

  it.each(APIS.flatMap((api) => shapes.map(([how, data, code]) => [api, how, data, code] as const)))(
    "in the middle of a stream over %s, %s, is a typed error: tried again, and its half text is no answer (rows 36, 37)",
    async (api, _how, data, code) => {
      const half: SimTurn = {
        text: "one two three four",
        toolCalls: [weather("Lisbon")],
        errorEvent: { afterChunks: api === "responses" ? 8 : 4, data },
      };
      const asked = await ask(api, [half, good]);
      expect(givenUp(asked)).toEqual([code]);
      expect(asked.result).toMatchObject({ status: "completed", text: good.text, toolCalls: [] });
      const retrying = asked.record.find((event) => event.type === "turn.retrying");
      expect(retrying?.discarded.text).toBeGreaterThan(0);
      const alone = await ask(api, [half, half, half]);
      expect(alone.result).toMatchObject({ status: "failed", text: "", error: { code, attempts: 3 } });
      expect([...asked.ran, ...alone.ran]).toEqual([]);
    },
  );
});

describe("a turn that is held back, refused, or ends for a reason nobody knows", () => {
  it.each([
    ["chat", "content_filtered"],
    ["responses", "content_filtered"],
    ["messages", "refused"], // the protocol has one word for both
  ] as const)("by a filter is a typed outcome over %s, whatever text there is: %s (row 41)", async (api, code) => {
    const turn: SimTurn = { text: "I would", toolCalls: [weather("Lisbon")], finishReason: "content_filter" };
    const { result, ran, requests } = await ask(api, [turn, good]);
    expect(result).toMatchObject({ status: "failed", error: { code } });
    expect([ran, requests.length]).toEqual([[], 1]);
  });

  it.each([
    ["chat", { choices: [{ index: 0, delta: { refusal: "No." }, finish_reason: "stop" }] }],
    [
      "responses",
      {
        type: "response.completed",
        response: {
          object: "response",
          status: "completed",
          output: [{ type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] }],
        },
      },
    ],
  ] as const)("in the model's words is refused over %s, and says them (row 41)", async (api, chunk) => {
    const { result } = await ask(api, [{ chunks: [chunk] }]);
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "refused", message: expect.stringContaining("No.") },
    });
  });

  it.each(["chat", "messages"] as const)(
    "for an unknown reason completes over %s where there is text, saying so, and fails where there is none (row 41)",
    async (api) => {
      const { result } = await ask(api, [{ text: "As far as I got.", finishReason: "moonset" }]);
      expect(result).toMatchObject({ status: "completed", finishReason: "other", text: "As far as I got." });
      expect(result.warnings).toEqual([{ code: "finish_reason", message: expect.stringContaining("moonset") }]);
      const empty = await ask(api, [{ finishReason: "moonset" }]);
      expect(empty.result).toMatchObject({ status: "failed", error: { code: "empty_answer" } });
    },
  );

  it("for an unknown reason is never an answer over responses, which says by its status that it is incomplete (row 41)", async () => {
    const { result } = await ask("responses", [{ text: "As far as I got.", incomplete: "moonset" }]);
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "output_truncated", message: expect.stringContaining("moonset") },
    });
  });
});

describe("a turn without text or calls", () => {
  it.each(APIS)("is empty_answer over %s, with one request: the model is not asked again (row 81)", async (api) => {
    for (const turn of [{}, { reasoning: "Hm." }] satisfies SimTurn[]) {
      const { result, requests } = await ask(api, [turn, good]);
      expect(result).toMatchObject({ status: "failed", text: "", error: { code: "empty_answer" } });
      expect(requests).toHaveLength(1);
    }
  });
});

describe("the same call again and again", () => {
  it.each(APIS)("is warned of at 3 and stopped at 6 over %s, whatever ids it has (row 80)", async (api) => {
    const { result, record, ran } = await ask(api, () => ({ toolCalls: [weather("Lisbon")] }));
    expect(result).toMatchObject({ status: "limited", limit: "repeatedCall", tool: "get_weather", turns: 6 });
    const warned = record.filter((event) => event.type === "limit.warning" && event.limit === "repeatedCall");
    expect(warned).toHaveLength(1);
    expect(ran).toHaveLength(5); // the sixth was asked for and not run
  });
});
