import { AgentError, createAgent, defineTool, type Model, type ModelEvent, type StoredEvent } from "fairwitness";
import { z } from "zod";
import type { Citation, ServerCall, Source } from "../../src/message/index.ts";
import type { ServerCallResult } from "../../src/model/index.ts";
import { codeExecution, webSearch, xSearch } from "../../src/tool/index.ts";

/** What a model shows in one attempt; an error ends it. */
export type Attempt = readonly (ModelEvent | AgentError)[];

/** A model that shows what it is told to, an attempt at a time. */
export function showingModel(attempts: readonly Attempt[]): Model {
  let n = 0;
  return {
    id: "grok-test",
    api: "responses",
    async *stream(_request, signal): AsyncGenerator<readonly ModelEvent[]> {
      const attempt = attempts[n++] ?? [new AgentError("internal", `there is no attempt ${n}`)];
      for (const event of attempt) {
        signal.throwIfAborted();
        if (event instanceof AgentError) throw event;
        yield [event];
      }
    },
  };
}

export const page: Source = { id: "web:https://example.com/heat", type: "web", url: "https://example.com/heat" };
export const titledPage: Source = { ...page, title: "Heat in Lisbon" };
export const unused: Source = { id: "web:https://example.com/unused", type: "web", url: "https://example.com/unused" };
export const post: Source = {
  id: "x_post:1990000000000000001",
  type: "x_post",
  url: "https://x.com/sim_ana/status/1990000000000000001",
};
export const unfound: Source = { id: "web:https://other.example/x", type: "web", url: "https://other.example/x" };

const xCall: ServerCall = {
  id: "ctc_1",
  tool: "x_search",
  executor: "server",
  kind: "x_search",
  action: "x_keyword_search",
};
const xAsked: ServerCall = { ...xCall, input: { query: "heat in Lisbon", limit: 10 } };
const webCall: ServerCall = {
  id: "ws_1",
  tool: "web_search",
  executor: "server",
  kind: "web_search",
  action: "search",
};
const webAsked: ServerCall = { ...webCall, input: { query: "Lisbon temperature record" } };
const emptyCall: ServerCall = { ...webCall, id: "ws_2", input: { query: "Lisbon snow", allowed: ["a"] } };
const codeCall: ServerCall = {
  id: "ci_1",
  tool: "code_execution",
  executor: "server",
  kind: "code_execution",
  input: { code: "a = 41\nif a:\n    print(a)" },
};
const failedCall: ServerCall = {
  ...webCall,
  id: "ws_3",
  action: "open_page",
  input: { url: "https://example.com/gone" },
};

export const answer: string =
  "It is hot in Lisbon today.[[1]](https://x.com/sim_ana/status/1990000000000000001) The record is 44 degrees [[2]](https://example.com/heat?a=b). Nobody knows why.";

/** Where a part of the answer stands. */
export function spanOf(part: string, text: string = answer): { start: number; end: number } {
  const start = text.indexOf(part);
  return { start, end: start + part.length };
}

const citations: readonly Citation[] = [
  {
    source: titledPage,
    span: spanOf("[[2]](https://example.com/heat?a=b)"),
    foundBy: [{ callId: "ws_1", basis: "reported" }],
  },
  {
    source: post,
    span: spanOf("[[1]](https://x.com/sim_ana/status/1990000000000000001)"),
    foundBy: [{ callId: "ctc_1", basis: "inferred" }],
  },
  { source: unfound, foundBy: [] },
];

const serverCalls: readonly ServerCallResult[] = [
  { call: xAsked, outcome: "ok", visibility: "not_disclosed", observedMs: 1_234 },
  { call: webAsked, outcome: "ok", visibility: "encrypted", sources: [page, unused] },
  { call: emptyCall, outcome: "ok", visibility: "encrypted", sources: [] },
  { call: codeCall, outcome: "ok", visibility: "full", output: [{ type: "logs", logs: "41\n" }] },
  { call: failedCall, outcome: "error", visibility: "not_disclosed", error: { code: "server_error", message: "404" } },
];

const usage = { inputTokens: 1_000, outputTokens: 200, totalTokens: 1_200 };

export const attempts: readonly Attempt[] = [
  [
    { type: "tool.started", call: webCall },
    { type: "text.delta", delta: "It is" },
    new AgentError("stream_incomplete", "The stream ended early.", { retryable: true }),
  ],
  [
    { type: "tool.started", call: xCall },
    { type: "tool.input", call: xAsked },
    { type: "tool.executing", call: xCall, phase: "searching" },
    {
      type: "turn",
      turn: {
        message: {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "call_1", tool: "get_weather", arguments: '{"city":"Lisbon"}' }],
        },
        finishReason: "tool_calls",
        usage: { ...usage, billedServerTools: { web_search_calls: 2, x_posts_fetched: 3 } },
        cost: { basis: "billed", ticks: 123_000_000 },
        serverCalls,
        simulated: true,
      },
    },
  ],
  [
    {
      type: "turn",
      turn: {
        message: { role: "assistant", content: answer },
        finishReason: "stop",
        usage,
        cost: { basis: "billed", ticks: 7_000_000 },
        citations,
        simulated: true,
      },
    },
  ],
];

const getWeather = defineTool({
  name: "get_weather",
  description: "Weather.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: () => ({ celsius: 41 }),
});

/** The record of a run with both kinds of tool, a failed attempt, and citations of every standing. */
export async function sampleRecord(given: readonly Attempt[] = attempts, id = "1"): Promise<readonly StoredEvent[]> {
  let count = 0;
  const run = createAgent({
    name: "checker",
    model: showingModel(given),
    tools: [getWeather, xSearch({ allowedHandles: ["someone_else"] }), webSearch(), codeExecution()],
    runtime: { random: () => 0, createId: () => `${id}${count++ === 0 ? "" : `_${count}`}` },
  }).stream("Is it hot in Lisbon, and is that true?");
  await run.result();
  return run.record;
}
