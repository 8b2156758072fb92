import { expect, test } from "vitest";
import { planTurn, type SimRequest, type SimTurn } from "../../src/sim/index.ts";
import { answer, chat, chunksOf, type Json, post, withSimulator } from "./support.ts";

const streamed = chat({ stream: true, stream_options: { include_usage: true } });

const turns: readonly SimTurn[] = [
  { text: "Hello there,\n  dear friend. " },
  { reasoning: "First, think twice.", text: "Done." },
  {
    toolCalls: [
      { name: "f", arguments: { city: "Lisbon" } },
      { name: "g", arguments: '{"a":[1,2,3],"text":"long enough"}' },
    ],
  },
  { text: "Both", toolCalls: [{ name: "f", arguments: "{bad" }] },
  { text: "cut", finishReason: "length", serviceTier: "priority" },
  { text: "no usage", usage: null },
  {},
];
const cases = turns.flatMap((turn) => (["words", "whole", "fragments"] as const).map((split) => ({ ...turn, split })));

test.each(cases)("a streamed answer folds to the one that is not streamed: %j", async (turn) => {
  const whole = (await answer(turn)).json;
  const chunks = chunksOf((await answer(turn, streamed)).text);
  const folded = fold(chunks);
  const { role: _role, refusal: _refusal, ...message } = whole.choices[0].message;
  expect(folded).toEqual({ message, finish_reason: whole.choices[0].finish_reason, usage: whole.usage });
  expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`))).toEqual(new Set([`${whole.id} ${whole.model}`]));
});

/** Written apart from the framework's accumulator. */
function fold(chunks: readonly Json[]): unknown {
  const message: Json = { content: "" };
  let finish_reason: string | undefined;
  for (const { choices } of chunks) {
    for (const choice of choices) {
      finish_reason = choice.finish_reason ?? finish_reason;
      message.content += choice.delta.content ?? "";
      const thought = choice.delta.reasoning_content;
      if (thought !== undefined) message.reasoning_content = (message.reasoning_content ?? "") + thought;
      for (const { index, ...call } of choice.delta.tool_calls ?? []) addCall(message, index, call);
    }
  }
  return { message, finish_reason, usage: chunks.find(({ usage }) => usage !== undefined)?.usage };
}

function addCall(message: Json, index: number, call: Json): void {
  message.tool_calls ??= [];
  const known = message.tool_calls[index];
  if (known === undefined) message.tool_calls[index] = call;
  else known.function.arguments += call.function.arguments;
}

test("the first delta alone carries the role, and the reason comes in a last empty delta", async () => {
  const chunks = chunksOf((await answer({ reasoning: "hm hm", text: "a b" }, chat({ stream: true }))).text);
  const choices = chunks.map((chunk) => chunk.choices[0]);
  expect(choices.map(({ delta }) => delta.role)).toEqual(["assistant", ...Array(choices.length - 1).fill(undefined)]);
  expect(choices.slice(0, -1).every((choice) => !("finish_reason" in choice))).toBe(true);
  expect(choices.at(-1)).toEqual({ index: 0, delta: {}, finish_reason: "stop" });
  expect(chunks.some((chunk) => "usage" in chunk)).toBe(false);
});

test("turns are used in order, and one too many is a 400 that says which request it was", async () => {
  await withSimulator({ script: [{ text: "one" }, { text: "two" }] }, async (simulator) => {
    expect(simulator.unused()).toHaveLength(2);
    expect((await post(simulator, chat())).json.choices[0].message.content).toBe("one");
    await post(simulator, chat({ model: "no-such" }));
    expect(simulator.unused()).toEqual([{ text: "two" }]);
    await post(simulator, chat());
    const { status, json } = await post(simulator, chat());
    expect([status, json.code]).toEqual([400, "simulator:no-turn"]);
    expect(json.error).toContain("request number 2 (counted from 0)");
    expect(simulator.unused()).toEqual([]);
  });
});

test("a script may be a function of the request and its number, may use the planner, and may fail readably", async () => {
  const script = (request: SimRequest, index: number): SimTurn | undefined => {
    if (index === 0) return { text: `to ${request.user}` };
    if (index === 1) throw new Error("my mistake");
    return index === 2 ? planTurn({ model: "grok-4.7", messages: [{ role: "user", content: "Hi" }] }) : undefined;
  };
  await withSimulator({ script }, async (simulator) => {
    expect((await post(simulator, chat({ user: "ann" }))).json.choices[0].message.content).toBe("to ann");
    expect((await post(simulator, chat())).json.error).toContain("my mistake");
    expect((await post(simulator, chat())).json.choices[0].message.content).toContain("simulated");
    expect((await post(simulator, chat())).json.code).toBe("simulator:no-turn");
  });
});

test("raw chunks are sent as they are", async () => {
  const { text } = await answer({ chunks: [{ choices: [] }, "not json", '{"a": 1}'] }, streamed);
  expect(text).toBe('data: {"choices":[]}\n\ndata: not json\n\ndata: {"a": 1}\n\ndata: [DONE]\n\n');
});

test("several choices are answered and billed each", async () => {
  const { json } = await answer({ text: "four" }, chat({ n: 3 }));
  expect(json.choices.map(({ index }: Json) => index)).toEqual([0, 1, 2]);
  expect(json.usage.completion_tokens).toBe(3);
  const chunks = chunksOf((await answer({ text: "four" }, chat({ n: 2, stream: true }))).text);
  expect(chunks.map((chunk) => chunk.choices[0].index)).toEqual([0, 0, 1, 1]);
});

test("call ids never repeat within a simulator unless the script says so", async () => {
  const toolCalls = [
    { name: "f", arguments: {} },
    { name: "f", arguments: {} },
  ];
  await withSimulator(
    { script: [{ toolCalls }, { toolCalls }, { toolCalls: [{ name: "f", arguments: {}, id: "same" }] }] },
    async (simulator) => {
      const ids = [];
      for (let n = 0; n < 3; n++)
        ids.push(...(await post(simulator, chat())).json.choices[0].message.tool_calls.map(({ id }: Json) => id));
      expect(new Set(ids).size).toBe(5);
      expect(ids.at(-1)).toBe("same");
    },
  );
});
