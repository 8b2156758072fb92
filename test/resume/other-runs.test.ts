import { createAgent, type Message, remoteMcp, webSearch } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { call } from "../support/play.ts";
import { effects, says } from "./support.ts";

const inMemory = { name: "t", model: says() };
const inStore = { ...inMemory, store: createMemoryStore() };

function textsOf(messages: readonly Message[]): readonly unknown[] {
  return messages.map(({ content }) => content);
}

describe("a run", () => {
  it.each<[string, typeof inMemory, object, string]>([
    ["without a store cannot branch", inMemory, { branch: { runId: "run_1" } }, "branch needs the store"],
    ["has one history", inStore, { branch: { runId: "run_1" }, messages: [] }, "two histories"],
    ["takes a branch as it is written", inStore, { branch: { runId: "run_1", message: 1 } }, "{ runId, messages }"],
    ["queues in a conversation", inStore, { onBusy: "queue" }, 'onBusy: "queue" needs a conversation'],
    ["queues in a store", inMemory, { conversation: "c", onBusy: "queue" }, 'onBusy: "queue" needs a store'],
    ["steers in a conversation", inStore, { onBusy: "steer" }, 'onBusy: "steer" needs a conversation'],
    [
      "rehearses nothing by words to another",
      inStore,
      { conversation: "c", onBusy: "steer", effects: "rehearse" },
      "no rehearsal there",
    ],
  ])("%s, and says so at once", (_, options, given, what) => {
    expect(() => createAgent(options).stream("go", given)).toThrow(
      expect.objectContaining({ code: "invalid_option", message: expect.stringContaining(what) }),
    );
  });

  it("that no other run is in the way of may say what is to be done were there one", async () => {
    expect(await createAgent(inMemory).run("go", { onBusy: "reject" })).toMatchObject({ status: "completed" });
  });
});

it("a branch in a conversation has the taint of both", async () => {
  const store = createMemoryStore();
  const fetched = effects("fetch", { effect: "read", origin: "external" });
  const agent = (model = says()) => createAgent({ name: "t", model, tools: [fetched.tool], store });
  const clean = await agent().run("one");
  const tainted = await agent(says({ calls: [call("fetch")] })).run("two", { conversation: "c" });
  expect([clean.taint, tainted.taint]).toMatchObject([[], [{ by: "external_tool" }]]);
  const branch = { runId: clean.runId };
  const { taint } = await agent().run("three", { conversation: "c", branch });
  expect(taint).toMatchObject([{ by: "conversation", runId: tainted.runId }]);
  expect((await agent().run("four", { branch })).taint).toEqual(clean.taint);
});

describe("a rehearsal", () => {
  it("knows the conversation and is no part of it: no later run takes what it says for what was done", async () => {
    const store = createMemoryStore();
    const pay = effects("pay", { effect: "write" });
    const agent = (model = says()) => createAgent({ name: "t", model, tools: [pay.tool], store });
    await agent().run("one", { conversation: "c" });
    const run = agent(says({ calls: [call("pay")] })).stream("two", { conversation: "c", effects: "rehearse" });
    const rehearsed = await run.result();
    expect(checkEvents(run.record)).toEqual([]);
    expect(textsOf(rehearsed.messages).slice(0, 3)).toEqual(["one", "Done.", "two"]);
    const { messages } = await agent().run("three", { conversation: "c" });
    expect(textsOf(messages)).toEqual(["one", "Done.", "three", "Done."]);
    expect(pay.given).toEqual([]);
    expect((await store.list({ conversation: "c" })).map(({ runId }) => runId)).not.toContain(run.id);
    expect(await store.read(run.id)).toMatchObject({
      events: [{ conversation: run.id, effects: "rehearse" }, ...run.record.slice(1)],
    });
  });

  it("does not offer an MCP server, which nobody could keep from writing, and says so, also when it is resumed", async () => {
    const call = { toolCalls: [{ name: "nothing", arguments: {} }] };
    await using xai = await startScript([call, { text: "found" }, { text: "found" }]);
    const tools = [webSearch(), remoteMcp({ url: "https://mcp.example/mcp", label: "books" })];
    const agent = createAgent({ name: "s", model: xai.model(), tools, store: createMemoryStore() });
    const run = agent.stream("go", { effects: "rehearse", limits: { turns: 1 } });
    expect(await run.result()).toMatchObject({ status: "limited" });
    expect(run.record[0]).toMatchObject({ tools: ["web_search"] });
    expect(run.record.filter(({ type }) => type === "warning")).toMatchObject([
      { code: "rehearsal_server_tool", message: expect.stringContaining("books runs at xAI") },
    ]);
    expect(await (await agent.resume(run.id, { limits: { turns: 3 } })).result()).toMatchObject({
      status: "completed",
    });
    await agent.run("in earnest");
    const offered = xai.requests.map(({ body }) => (body as { tools: { type: string }[] }).tools.map((t) => t.type));
    expect(offered).toEqual([["web_search"], ["web_search"], ["web_search", "mcp"]]);
  });
});
