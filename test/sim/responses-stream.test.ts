import fc from "fast-check";
import { expect, test } from "vitest";
import type { SimServerCall, SimTurn } from "../../src/sim/index.ts";
import { ask, chunksOf, eventsOf, type Json, respond, response, withSimulator } from "./support.ts";

const ALL = [
  "reasoning.encrypted_content",
  "web_search_call.action.sources",
  "file_search_call.results",
  "code_interpreter_call.outputs",
  "mcp_call.output",
];

/** What a reader that keys everything by `output_index` puts together, and where the events break their own rules. */
function fold(events: Json[]): Json[] {
  const items: Json[] = [];
  const closed = new Set<number>();
  for (const event of events) {
    const at = event.output_index;
    if (at === undefined) continue;
    if (closed.has(at)) throw new Error(`${event.type} comes after its item was done`);
    if (event.type === "response.output_item.added") {
      if (at !== items.length) throw new Error(`item ${at} is added out of order`);
      items.push({ ...structuredClone(event.item), text: "" });
      continue;
    }
    if (event.item_id !== undefined && event.item_id !== items[at]?.id)
      throw new Error(`wrong item_id in ${event.type}`);
    if (/(output_text|summary_text|arguments|input|code)\.delta$/.test(event.type)) items[at].text += event.delta;
    if (event.type === "response.output_item.done") {
      expect(said(event.item)).toBe(items[at].text);
      items[at] = event.item;
      closed.add(at);
    }
  }
  expect(closed.size).toBe(items.length);
  return items;
}

/** The text that deltas told of an item. */
function said(item: Json): string {
  if (item.type === "message") return item.content[0].text;
  if (item.type === "reasoning") return item.summary[0]?.text ?? "";
  if (item.type === "code_interpreter_call" && item.code !== undefined) return item.code;
  if (["function_call", "mcp_call"].includes(item.type)) return item.arguments;
  return item.type === "custom_tool_call" ? item.input : "";
}

const servedCall: fc.Arbitrary<SimServerCall> = fc.record(
  {
    kind: fc.constantFrom("web_search", "x_search", "code_execution", "collections_search", "mcp", "image_generation"),
    input: fc.oneof(fc.string(), fc.record({ query: fc.string(), code: fc.string() })),
    sources: fc.array(fc.webUrl(), { maxLength: 3 }),
    output: fc.string(),
    failed: fc.oneof(fc.boolean(), fc.string()),
    interleave: fc.constantFrom(0, 1, 2, true as const),
    oldShape: fc.boolean(),
    encrypted: fc.boolean(),
  },
  { requiredKeys: ["kind"] },
);

const anyTurn: fc.Arbitrary<SimTurn> = fc.record(
  {
    reasoning: fc.string(),
    reasoningEncrypted: fc.boolean(),
    text: fc.string(),
    serverTools: fc.array(servedCall, { maxLength: 5 }),
    toolCalls: fc.array(fc.record({ name: fc.constant("f"), arguments: fc.constant({ a: "ünï" }) }), { maxLength: 3 }),
    citations: fc.array(fc.record({ url: fc.webUrl() }), { maxLength: 3 }),
    split: fc.constantFrom("whole", "words", "fragments"),
  },
  { requiredKeys: [] },
);

test("whatever a script says, the events fold to the items of the terminal event and to those of the awaited form", async () => {
  const script = { current: {} as SimTurn };
  await withSimulator({ script: () => script.current }, async (simulator) => {
    await fc.assert(
      fc.asyncProperty(anyTurn, async (turn) => {
        script.current = turn;
        const events = chunksOf((await respond(simulator, ask({ stream: true, include: ALL }))).text);
        const awaited = (await respond(simulator, ask({ include: ALL }))).json;
        const { response: whole, type } = events.at(-1);
        expect(type).toBe("response.completed");
        expect(fold(events)).toEqual(whole.output);
        const plain = (value: Json): string =>
          JSON.stringify(value).replaceAll(/(call_sim_|5130)[^"\\]*|"encrypted_content":"[^"]*"/g, "…");
        expect(plain(whole.output)).toBe(plain(awaited.output));
        expect(whole.usage).toEqual(awaited.usage);
      }),
      { numRuns: 60 },
    );
  });
});

test("server calls interleave and close in another order than they opened", async () => {
  const events = await eventsOf({
    serverTools: [
      { kind: "x_search", action: "view_x_video", interleave: true },
      { kind: "web_search", interleave: 1 },
      { kind: "web_search", input: { query: "b" } },
      { kind: "mcp", action: "tool" },
    ],
    text: "Done",
  });
  const order = events
    .filter(({ type }) => /output_item/.test(type))
    .map(({ type, output_index }) => `${type.split(".").at(-1)} ${output_index}`);
  expect(order).toEqual([
    "added 0",
    "added 1",
    "added 2",
    "done 2",
    "done 1",
    "added 3",
    "done 3",
    "done 0",
    "added 4",
    "done 4",
  ]);
  expect(fold(events)).toEqual(events.at(-1).response.output);
});

test("phases are those usual for the kind, or the script's own", async () => {
  const phasesOf = async (call: SimServerCall): Promise<string[]> =>
    (await eventsOf({ serverTools: [call] }))
      .map(({ type }) => type.replace("response.", ""))
      .filter((type) => /_call\.|_call_|input/.test(type));
  expect(await phasesOf({ kind: "web_search" })).toEqual([
    "web_search_call.in_progress",
    "web_search_call.searching",
    "web_search_call.completed",
  ]);
  expect(await phasesOf({ kind: "x_search" })).toEqual(["custom_tool_call_input.delta", "custom_tool_call_input.done"]);
  expect(await phasesOf({ kind: "code_execution", failed: true })).toEqual([
    "code_interpreter_call.in_progress",
    "code_interpreter_call_code.delta",
    "code_interpreter_call_code.done",
    "code_interpreter_call.interpreting",
  ]);
  expect(await phasesOf({ kind: "web_search", phases: ["thinking"] })).toEqual(["web_search_call.thinking"]);
  expect(await phasesOf({ kind: "web_search", phases: [] })).toEqual([]);
});

test("an item nobody knows is sent whole with its own events, and taken back", async () => {
  const item = { type: "hologram_call", id: "hg_1", shape: { n: 1 }, status: "completed" };
  const turn: SimTurn = {
    serverTools: [
      { kind: "item", item, added: { type: "hologram_call" }, events: [{ type: "response.hologram.lit" }] },
    ],
  };
  await withSimulator({ script: [turn, { text: "Fine" }] }, async (simulator) => {
    const again = ask({ input: [{ role: "user", content: "Hello" }, item] });
    expect((await respond(simulator, again)).status).toBe(422);
    const events = chunksOf((await respond(simulator, ask({ stream: true }))).text);
    expect(events.map(({ type }) => type)).toContain("response.hologram.lit");
    expect(events.at(-1).response.output).toEqual([item]);
    expect((await respond(simulator, again)).status).toBe(200);
  });
});

test("a reason in the words of chat completions ends a response incomplete", async () => {
  for (const [finishReason, reason] of [
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"],
  ] as const) {
    const end = (await eventsOf({ text: "Half", finishReason })).at(-1);
    expect([end.type, end.response.incomplete_details]).toEqual(["response.incomplete", { reason }]);
  }
  expect((await eventsOf({ text: "All", finishReason: "stop" })).at(-1).type).toBe("response.completed");
});

test("an answer may end incomplete, failed, or not at all", async () => {
  const incomplete = await eventsOf({ text: "Half", incomplete: "max_output_tokens" });
  expect(incomplete.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  });
  expect(incomplete.at(-1).response.output[0].status).toBe("incomplete");
  const error = { code: "server_error", message: "The model failed." };
  expect((await eventsOf({ text: "Half", failed: error })).at(-1)).toMatchObject({
    type: "response.failed",
    response: { status: "failed", error },
  });
  expect((await response({ failed: error })).json).toMatchObject({ status: "failed", error });
  const unfinished = await eventsOf({ text: "Half", finishReason: null });
  expect(unfinished.at(-1).type).toBe("response.output_item.done");
  expect((await response({ text: "Half", finishReason: null })).json).toMatchObject({
    status: "in_progress",
    usage: null,
  });
  expect((await response({ text: "Half", usage: null })).json).toMatchObject({ status: "completed", usage: null });
});
