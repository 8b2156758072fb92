import type { Scenario } from "./scenario.ts";
import { toolsWith } from "./tools.ts";

const done = { status: "completed", text: "Done." } as const;
const weather = (city: string): { name: string; arguments: object } & { arguments: Record<string, unknown> } => ({
  name: "get_weather",
  arguments: { city },
});
const deed = (what: string): { name: string; arguments: Record<string, unknown> } => ({
  name: "act",
  arguments: { deed: what },
});
const good = { text: "Done." };

/** What a model asks for, and what comes of it. */
export const tools: readonly Scenario[] = [
  { name: "one call", script: [{ toolCalls: [weather("Oslo")] }, good], ends: done },
  { name: "two calls at once", script: [{ toolCalls: [weather("Oslo"), weather("Rome")] }, good], ends: done },
  {
    name: "three tools over several turns, with words between",
    instructions: "Be brief.",
    script: [
      {
        text: "I look.",
        toolCalls: [weather("Oslo"), { name: "get_time", arguments: {} }],
        usage: { promptTokens: 90 },
      },
      { reasoning: "Now I act.", toolCalls: [deed("fine")], usage: { promptTokens: 150 } },
      { text: "And again.", toolCalls: [weather("Rome")], usage: { promptTokens: 190 } },
      { ...good, usage: { promptTokens: 260 } },
    ],
    ends: { ...done, turns: 4 },
  },
  {
    name: "a call without arguments",
    script: [{ toolCalls: [{ name: "get_time", arguments: "{}" }] }, good],
    ends: done,
  },
  {
    name: "a call whose arguments are an empty text",
    // Not Responses: its wire takes an empty piece of arguments for an unknown event, and records it.
    apis: ["chat", "messages"],
    script: [{ toolCalls: [{ name: "get_time", arguments: "" }] }, good],
    ends: done,
  },
  {
    name: "arguments that do not fit, then some that do",
    script: [{ toolCalls: [{ name: "get_weather", arguments: { town: 1 } }] }, { toolCalls: [weather("Oslo")] }, good],
    ends: { ...done, turns: 3 },
  },
  {
    name: "arguments that are no JSON",
    script: [
      { toolCalls: [{ name: "get_weather", arguments: '{"city": Oslo' }] },
      { toolCalls: [weather("Oslo")] },
      good,
    ],
    ends: { ...done, turns: 3 },
  },
  {
    name: "arguments in fragments",
    script: [{ toolCalls: [weather("A city of many letters"), weather("Rome")], split: "fragments" }, good],
    ends: done,
  },
  {
    name: "halves of characters in arguments and in a result",
    script: [{ toolCalls: [{ name: "get_weather", arguments: '{"city":"\\ud83d"}' }, deed("half")] }, good],
    ends: done,
  },
  { name: "a tool that does not exist", script: [{ toolCalls: [{ name: "fly", arguments: {} }] }, good], ends: done },
  { name: "a tool that throws", script: [{ toolCalls: [deed("throw")] }, good], ends: done },
  { name: "a tool that says what is wrong", script: [{ toolCalls: [deed("explain")] }, good], ends: done },
  {
    name: "a tool that takes too long",
    tools: toolsWith({ timeoutMs: 5 }),
    script: [{ toolCalls: [deed("wait")] }, good],
    ends: done,
  },
  {
    name: "a tool that ends the run",
    tools: toolsWith({ endsRun: true }),
    script: [{ toolCalls: [deed("fine")] }],
    ends: { status: "completed", text: '{"deed":"fine"}' },
  },
  {
    name: "a tool whose failure fails the run",
    tools: toolsWith({ onError: "fail" }),
    script: [{ toolCalls: [deed("throw")] }],
    ends: { status: "failed" },
  },
  {
    name: "a large result, which is cut for the model",
    tools: toolsWith({ maxOutputBytes: 256 }),
    script: [{ toolCalls: [deed("much")] }, good],
    ends: done,
  },
  { name: "a result that is an image", script: [{ toolCalls: [deed("picture")] }, good], ends: done },
  {
    name: "call ids that repeat in every turn",
    script: [
      { toolCalls: [{ ...weather("Oslo"), id: "call_1" }] },
      { toolCalls: [{ ...weather("Rome"), id: "call_1" }] },
      good,
    ],
    ends: { ...done, turns: 3 },
  },
  {
    name: "call ids with odd characters",
    promptTokens: 300,
    script: [
      {
        toolCalls: [
          { ...weather("Oslo"), id: "functions.get_weather:0" },
          { ...weather("Rome"), id: "é 1" },
        ],
      },
      good,
    ],
    ends: done,
  },
  {
    name: "calls that end as a text does",
    script: [{ toolCalls: [weather("Oslo")], finishReason: "stop" }, good],
    ends: done,
  },
  {
    name: "a call that is demanded",
    settings: { toolChoice: { tool: "get_time" } },
    script: [{ toolCalls: [{ name: "get_time", arguments: {} }] }, good],
    ends: done,
  },
  {
    name: "any call that is demanded, one at a time",
    settings: { toolChoice: "required", parallelToolCalls: false },
    script: [{ toolCalls: [weather("Oslo")] }, good],
    ends: done,
  },
  { name: "calls that are forbidden", promptTokens: 100, settings: { toolChoice: "none" }, script: [good], ends: done },
];
