import type { JsonSchema } from "fairwitness";
import { errorAfter, fragmentAfter } from "./frames.ts";
import type { Scenario } from "./scenario.ts";

const done = { status: "completed", text: "Done." } as const;
const weather = { name: "get_weather", arguments: { city: "Oslo" } };
const good = { text: "Done." };

const forecast: JsonSchema = {
  type: "object",
  properties: { city: { type: "string" }, celsius: { type: "integer" } },
  required: ["city", "celsius"],
  additionalProperties: false,
};
const either: JsonSchema = {
  type: "object",
  properties: {
    answer: { anyOf: [forecast, { type: "object", properties: { sorry: { type: "string" } }, required: ["sorry"] }] },
  },
  required: ["answer"],
};
const fits = '{"city":"Oslo","celsius":4}';

/** What happens to a run: typed answers, faults on the way, limits, what people say meanwhile. */
export const runs: readonly Scenario[] = [
  {
    name: "a typed answer",
    promptTokens: 200,
    output: forecast,
    script: [{ toolCalls: [weather] }, { text: fits }],
    ends: { status: "completed", output: { city: "Oslo", celsius: 4 } },
  },
  {
    name: "a typed answer that is corrected",
    promptTokens: 200,
    output: forecast,
    script: [{ text: '{"city":"Oslo"}' }, { text: fits }],
    ends: { status: "completed", output: { city: "Oslo", celsius: 4 } },
    holds: ["input.injected"],
  },
  {
    name: "a typed answer of one of two forms",
    promptTokens: 200,
    output: either,
    script: [{ text: '{"answer":{"sorry":"no"}}' }],
    ends: { status: "completed", output: { answer: { sorry: "no" } } },
  },
  {
    name: "a typed answer that never fits",
    promptTokens: 200,
    output: forecast,
    correctionBudget: 1,
    script: [{ text: "Four." }, { text: "4" }],
    ends: { status: "failed" },
  },
  {
    name: "calls that are never mended",
    correctionBudget: 1,
    script: [{ toolCalls: [{ name: "fly", arguments: {} }] }, { toolCalls: [{ name: "fly", arguments: {} }] }],
    ends: { status: "failed" },
  },
  {
    name: "a 503, then an answer",
    isWorded: true,
    script: [{ status: 503 }, good],
    ends: done,
    holds: ["turn.retrying"],
  },
  {
    name: "a 400, which is final",
    isWorded: true,
    script: [{ status: 400 }],
    ends: { status: "failed" },
    holds: ["turn.failed"],
  },
  {
    name: "a server that never gets well",
    isWorded: true,
    script: [{ status: 500 }, { status: 500 }, { status: 503 }],
    ends: { status: "failed" },
  },
  {
    name: "an error for an answer, with status 200",
    isWorded: true,
    script: [{ json200Error: true }, good],
    ends: done,
    holds: ["turn.retrying"],
  },
  {
    name: "a stream that is cut before it says anything, then an answer",
    script: [{ text: "Half", cut: { afterBytes: 0 } }, good],
    ends: done,
    holds: ["turn.retrying"],
  },
  {
    name: "a stream that ends without its end, then an answer",
    script: [{ text: "Half of an answer", finishReason: null, noDone: true, usage: null }, good],
    ends: done,
    holds: ["turn.retrying"],
  },
  {
    name: "an error in the stream, then an answer",
    script: (api) => [{ text: "Half of it all", usage: null, errorEvent: errorAfter(api, 2) }, good],
    ends: done,
    holds: ["turn.retrying"],
  },
  {
    name: "a call that is cut in its arguments, which does not run, then an answer",
    script: (api) => [
      { toolCalls: [weather], split: "fragments", usage: null, errorEvent: fragmentAfter(api, 2) },
      { toolCalls: [weather] },
      good,
    ],
    ends: { ...done, turns: 2 },
    holds: ["turn.retrying"],
  },
  {
    name: "a limit of turns",
    limits: { turns: 2 },
    script: [{ toolCalls: [weather] }, { toolCalls: [weather] }],
    ends: { status: "limited" },
    holds: ["limit.warning"],
  },
  {
    name: "a limit of calls",
    limits: { toolCalls: 1 },
    script: [{ toolCalls: [weather, weather] }],
    ends: { status: "limited" },
  },
  {
    name: "a limit of tokens",
    limits: { tokens: 100 },
    script: [{ toolCalls: [weather], usage: { promptTokens: 200, completionTokens: 9 } }],
    ends: { status: "limited" },
  },
  {
    name: "a limit of dollars",
    limits: { costUsd: 0.000_001 },
    script: [
      {
        toolCalls: [weather],
        usage: { promptTokens: 900, cachedTokens: 64, completionTokens: 90, reasoningTokens: 9 },
      },
    ],
    ends: { status: "limited" },
  },
  {
    name: "a message to the run while a tool works",
    script: [{ toolCalls: [{ name: "act", arguments: { deed: "steer" } }] }, good],
    ends: done,
    holds: ["input.injected"],
  },
  {
    name: "a question that follows",
    drive: (run) => void run.followUp("And Rome?"),
    script: [{ text: "First." }, good],
    ends: { ...done, turns: 2 },
    holds: ["input.injected"],
  },
  {
    name: "a stop while a tool works",
    script: [{ toolCalls: [{ name: "act", arguments: { deed: "cancel" } }, weather] }],
    ends: { status: "cancelled", reason: "enough" },
  },
];
