import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { SimTurn } from "../../src/sim/index.ts";
import { ask, eventsOf, type Json, response } from "./support.ts";

const folder = fileURLToPath(new URL("../../../shared/wire/responses/", import.meta.url));
const present = existsSync(folder);
const recorded = test.skipIf(!present);
if (!present) console.warn(`Recordings are not here, so tests that compare with them are skipped: ${folder}`);

const read = (name: string): Json[] =>
  readFileSync(folder + name, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** The turns and the requests that the recorded answers would have come from. */
const scripted: Readonly<Record<string, { turn: SimTurn; request: Record<string, unknown> }>> = {
  "xai-image-generation-tool.1": {
    turn: {
      serverTools: [{ kind: "image_generation", input: { prompt: "A boat" }, output: "ZmFrZQ==" }],
      text: "Here it is",
      usage: { costInUsdTicks: 123456 },
    },
    request: { model: "grok-4.5", tools: [{ type: "image_generation" }], temperature: 1, top_p: 1 },
  },
  "xai-web-search-tool.1": {
    turn: {
      serverTools: [{ kind: "web_search", input: { query: "what is xAI", num_results: 5 }, oldShape: true }],
      text: "xAI is a company.",
      citations: [{ url: "https://x.ai/", title: null }],
    },
    request: { tools: [{ type: "web_search" }] },
  },
  "xai-code-execution-tool.1": {
    turn: {
      serverTools: [{ kind: "code_execution", input: { code: "print(55)" }, oldShape: true }],
      text: "55",
    },
    request: { tools: [{ type: "code_interpreter" }] },
  },
  "xai-file-search-tool.1": {
    turn: {
      serverTools: [
        {
          kind: "collections_search",
          input: { queries: ["AI safety"] },
          output: [{ file_id: "file_1", filename: "a.pdf", score: 0.9, text: "Recent" }],
        },
      ],
      text: "Found.",
    },
    request: {
      tools: [{ type: "file_search", vector_store_ids: ["collection_1"] }],
      include: ["file_search_call.results"],
    },
  },
  "xai-text-streaming.1": { turn: { reasoning: "First, think.", text: "Hello there" }, request: {} },
  "xai-text-with-reasoning-streaming-store-false.1": {
    turn: { reasoning: "First, think.", text: "Hello there" },
    request: { store: false, include: ["reasoning.encrypted_content"] },
  },
};

/** Later additions to what the recordings hold: newer answers have them. */
const ADDED =
  /^response\.(completed_at|usage|background|service_tier|truncation|top_logprobs|presence_penalty|frequency_penalty|prompt_cache_key|max_tool_calls|safety_identifier|error|instructions|metadata\.system_fingerprint)$|usage\.(cost_in_usd_ticks|context_details|server_side_tool_usage_details(\.x_(posts|users)_fetched)?)$|^logprobs$/;

/** Where two values differ in their keys or types, as paths. `null` stands for any type that is not told. */
function differences(theirs: Json, ours: Json, path: string): string[] {
  if (theirs === null || ours === null || path === "response.tools") return []; // tools are an echo of the request
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    return theirs.length === 0 || ours.length === 0 ? [] : differences(theirs[0], ours[0], `${path}[]`);
  }
  if (typeof theirs !== typeof ours || Array.isArray(theirs) !== Array.isArray(ours)) return [`${path}: type`];
  if (typeof theirs !== "object") return [];
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  return keys.flatMap((key) => {
    const inner = path === "" ? key : `${path}.${key}`;
    if (!(key in ours)) return [`${inner}: missing`];
    if (!(key in theirs)) return ADDED.test(inner) ? [] : [`${inner}: not recorded`];
    return differences(theirs[key], ours[key], inner);
  });
}

/** The kinds of events in the order they first come, items told apart by their type. */
const kinds = (events: Json[]): string[] => [
  ...new Set(events.map(({ type, item }) => (item === undefined ? type : `${type} ${item.type}`))),
];

const firstOf = (events: Json[], kind: string): Json => events.find((event) => kinds([event])[0] === kind);

recorded.each([
  "xai-image-generation-tool.1",
  "xai-web-search-tool.1",
  "xai-text-streaming.1",
  "xai-text-with-reasoning-streaming-store-false.1",
])("a stream has the events of %s, in the same order and with the same keys", async (name) => {
  const recording = read(`${name}.chunks.txt`);
  const { turn, request } = scripted[name] ?? { turn: {}, request: {} };
  const events = await eventsOf(turn, request);
  expect(kinds(events)).toEqual(kinds(recording));
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at));
  for (const kind of kinds(recording)) {
    expect([kind, differences(firstOf(recording, kind), firstOf(events, kind), "")]).toEqual([kind, []]);
  }
});

recorded.each([
  "xai-image-generation-tool.1",
  "xai-web-search-tool.1",
  "xai-code-execution-tool.1",
  "xai-file-search-tool.1",
])("an answer that is not streamed has the keys of %s", async (name) => {
  const recording = JSON.parse(readFileSync(`${folder}${name}.json`, "utf8"));
  const { turn, request } = scripted[name] ?? { turn: {}, request: {} };
  const { json } = await response(turn, ask(request));
  expect(json.output.map(({ type }: Json) => type)).toEqual(recording.output.map(({ type }: Json) => type));
  expect(differences({ response: recording }, { response: json }, "")).toEqual([]);
  for (const [at, item] of recording.output.entries()) expect(differences(item, json.output[at], "")).toEqual([]);
});
