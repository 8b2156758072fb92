import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { SimTurn } from "../../src/sim/index.ts";
import { answer, chat, chunksOf, type Json } from "./support.ts";

const folder = fileURLToPath(new URL("../../../shared/wire/chat/", import.meta.url));
const present = existsSync(folder);
const recorded = test.skipIf(!present);
if (!present) console.warn(`Recordings are not here, so tests that compare with them are skipped: ${folder}`);

const read = (name: string): string => readFileSync(folder + name, "utf8");
const lines = (name: string): Json[] =>
  read(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** Which keys stand where, in their order, and of what type the values are. */
function shape(value: Json): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.entries(value).map(([key, item]) => [key, shape(item)]);
}

/** The different shapes of a stream, in the order they first come. */
const shapes = (chunks: Json[]): string[] => [...new Set(chunks.map((chunk) => JSON.stringify(shape(chunk))))];

/** The turn that a recorded answer would have been scripted as. */
function turnOf({ message, finish_reason }: Json, usage: Json): SimTurn {
  return {
    reasoning: message.reasoning_content,
    ...(message.content === "" ? {} : { text: message.content }),
    ...(message.tool_calls === undefined
      ? {}
      : { toolCalls: message.tool_calls.map((call: Json) => ({ id: call.id, ...call.function })) }),
    finishReason: finish_reason,
    usage: {
      promptTokens: usage.prompt_tokens,
      cachedTokens: usage.prompt_tokens_details.cached_tokens,
      completionTokens: usage.completion_tokens,
      reasoningTokens: usage.completion_tokens_details.reasoning_tokens,
      costInUsdTicks: usage.cost_in_usd_ticks,
    },
  };
}

recorded.each(["xai-text.json", "xai-tool-call.json", "xai-tool-call-2.json"])(
  "an answer has the keys, the order and the usage of %s",
  async (name) => {
    const recording = JSON.parse(read(name));
    const { json } = await answer(turnOf(recording.choices[0], recording.usage));
    expect(shape(json)).toEqual(shape(recording));
    expect(json.usage).toEqual(recording.usage);
    expect(json.choices).toEqual(recording.choices);
  },
);

recorded.each(["xai-text", "xai-text-long-reasoning", "xai-tool-call-long-reasoning"])(
  "a stream has the chunk shapes of %s, in the same order",
  async (name) => {
    const recording = lines(`${name}.chunks.txt`);
    const turn: SimTurn = name.includes("tool")
      ? { reasoning: "First, think.", toolCalls: [{ name: "weather", arguments: { location: "San Francisco" } }] }
      : { reasoning: "First, think.", text: "Hello" };
    const { text } = await answer(turn, chat({ stream: true, stream_options: { include_usage: true } }));
    expect(shapes(chunksOf(text))).toEqual(shapes(recording));
  },
);
