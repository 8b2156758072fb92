import { createAgent, defineTool, openApprovals, type StoredEvent } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { call } from "../support/play.ts";
import type { ScriptedModel } from "../support/scripted-model.ts";
import { answerText, watchedServer } from "../support/watched-server.ts";
import { effects, readAll, says } from "./support.ts";

type Options = Parameters<typeof createAgent>[0];

const pay = (more: object = {}) => effects("pay", { effect: "write", approval: true, ...more }).tool;
const schemaOf = (name: string) =>
  defineTool({
    name: "pay",
    description: "d",
    input: z.object({ [name]: z.number() }),
    effect: "write",
    approval: true,
    execute: () => "paid",
  });

/** A run that waits, and agents over its store. */
async function paused(made: Partial<Options> = {}) {
  const store = createMemoryStore();
  const base = { name: "t", tools: [pay()], instructions: "Be kind.", store, ...made };
  const first = createAgent({ ...base, model: says({ calls: [call("pay", { euros: 5 })] }) });
  const { runId } = await first.run("go", { reject: false });
  const [open] = await openApprovals(store, runId);
  const approvals = { [open?.callId ?? ""]: { approve: true } };
  const other = (model: ScriptedModel, more: Partial<Options> = {}) => createAgent({ ...base, model, ...more });
  const record = async (): Promise<readonly StoredEvent[]> => (await store.read(runId)).events;
  return { runId, approvals, other, record, store };
}

const named = (id: string): ScriptedModel => ({ ...says(), id });

/** What is another than when the run began: its part, an agent with it, and what is left to say of it. */
const CHANGES: readonly (readonly [what: string, part: string, model: () => ScriptedModel, more: Partial<Options>])[] =
  [
    ["another model", "model", () => named("other"), {}],
    ["a tool more", "tools", says, { tools: [pay(), effects("look").tool] }],
    [
      "a tool of another name",
      "tools",
      says,
      { tools: [effects("pay_now", { effect: "write", approval: true }).tool] },
    ],
    ["a tool of another schema", "tools", says, { tools: [schemaOf("euros")] }],
    ["a tool of another description", "tools", says, { tools: [pay({ description: "Pays." })] }],
    ["a tool of another effect", "tools", says, { tools: [pay({ effect: "idempotent" })] }],
    ["other instructions", "instructions", says, { instructions: "Be brief." }],
    ["no instructions", "instructions", says, { instructions: undefined as never }],
    ["another output", "output", says, { output: z.object({ n: z.number() }) }],
  ];

describe("a run that is resumed by an agent with", () => {
  it.each(CHANGES)(
    "%s is refused, by the name of what changed, and nothing is recorded (row 106)",
    async (_, part, model, more) => {
      const { runId, other, record } = await paused();
      const before = await record();
      await expect(other(model(), more).resume(runId)).rejects.toMatchObject({
        code: "run_changed",
        message: expect.stringContaining(`another ${part}. `),
      });
      expect(await record()).toEqual(before);
      // And it was let go of: the agent that began it goes on.
      expect(await (await other(says()).resume(runId)).result()).toMatchObject({ status: "paused" });
    },
  );

  it.each(CHANGES)(
    '%s goes on with it when that is "continue", and the record says what changed (row 106)',
    async (_, part, model, more) => {
      const { runId, other, record, approvals } = await paused();
      const agent = other(model(), more);
      await readAll(await agent.resume(runId, { changed: "continue" }));
      expect((await record()).findLast(({ type }) => type === "run.resumed")).toMatchObject({ changed: [part] });
      // From then on it is the run's own agent, and the first one is another.
      await expect(other(says()).resume(runId)).rejects.toMatchObject({ code: "run_changed" });
      const run = await agent.resume(runId, { approvals });
      await run.result();
      expect((await record()).findLast(({ type }) => type === "run.resumed")).not.toHaveProperty("changed");
    },
  );

  it("several changes is told of all of them", async () => {
    const { runId, other } = await paused();
    const agent = other(named("other"), { instructions: "Be brief.", tools: [] });
    await expect(agent.resume(runId)).rejects.toThrow(/another model and tools and instructions\. /);
  });
});

describe("a run that goes on with what changed", () => {
  it("says the new instructions to the model in the place of the old, or none where there are none (row 106)", async () => {
    for (const [instructions, heard] of [
      ["Be brief.", ["Be brief."]],
      [undefined, []],
    ] as const) {
      const { runId, other, approvals } = await paused();
      const model = says();
      const agent = other(model, { instructions: instructions as never });
      const run = await agent.resume(runId, { approvals, changed: "continue" });
      const result = await run.result();
      expect(result).toMatchObject({ status: "completed" });
      const systems = model.seen[0]?.filter(({ role }) => role === "system").map(({ content }) => content);
      expect(systems).toEqual(heard);
      expect(result.messages[0]).toEqual({ role: "user", content: "go" });
    }
  });

  it("asks the new model, and runs the new tool", async () => {
    const { runId, other, approvals } = await paused();
    const [model, tool] = [named("other"), effects("pay", { effect: "write", approval: true, description: "Pays." })];
    const run = await other(model, { tools: [tool.tool] }).resume(runId, { approvals, changed: "continue" });
    expect(await run.result()).toMatchObject({ status: "completed", model: "other" });
    expect(model.seen).toHaveLength(1);
    expect(tool.given).toEqual([{ euros: 5 }]);
  });

  it("does not say that a call never ran whose tool is gone and had begun", async () => {
    const { runId, other, approvals, record } = await paused();
    await (await other(says()).resume(runId, { approvals })).result();
    const events = await record();
    const store = createMemoryStore();
    store.append(runId, events.slice(0, events.findIndex(({ type }) => type === "tool.executing") + 1));
    const model = says();
    const run = await other(model, { store, tools: [] }).resume(runId, { changed: "continue" });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", toolCalls: [{ outcome: "unknown" }] });
    expect(JSON.stringify(model.seen[0])).toContain("may or may not have had its effect");
  });
});

describe('a run that is resumed with changed: "pin"', () => {
  afterEach(() => vi.unstubAllEnvs());

  it("keeps the instructions it was begun with (row 106)", async () => {
    const { runId, other, approvals, record } = await paused();
    const model = says();
    const run = await other(model, { instructions: "Be brief." }).resume(runId, { approvals, changed: "pin" });
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(model.seen[0]?.[0]).toEqual({ role: "system", content: "Be kind." });
    const resumed = (await record()).findLast(({ type }) => type === "run.resumed");
    expect(resumed).not.toHaveProperty("changed");
  });

  it.each(CHANGES.filter(([, part]) => part === "tools" || part === "output"))(
    "is refused with %s, which cannot be kept (row 106)",
    async (_, part, model, more) => {
      const { runId, other } = await paused();
      await expect(other(model(), more).resume(runId, { changed: "pin" })).rejects.toMatchObject({
        code: "run_changed",
        message: expect.stringContaining(`another ${part}. `),
      });
    },
  );

  it("keeps the model it was begun with, where that is known by its name, and says so where it is not (row 106)", async () => {
    const asked: string[] = [];
    await using server = await watchedServer((response, _n, request) => {
      asked.push(request.url ?? "");
      answerText(response);
    });
    vi.stubEnv("XAI_API_KEY", "sim_key");
    vi.stubEnv("XAI_BASE_URL", server.url);
    const store = createMemoryStore();
    const options = { name: "t", store, tools: [effects("look").tool] };
    const { runId } = await createAgent({ ...options, model: "grok-4.7" }).run("go", { limits: { turns: 1 } });
    const { events } = await store.read(runId);
    const cut = createMemoryStore();
    cut.append(runId, events.slice(0, 2));
    const run = await createAgent({ ...options, store: cut, model: "grok-4.20" }).resume(runId, { changed: "pin" });
    expect(await run.result()).toMatchObject({ status: "completed", model: "grok-4.7" });
    expect(asked).toHaveLength(2);

    const { runId: other, other: agent } = await paused();
    await expect(agent(named("other")).resume(other, { changed: "pin" })).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringContaining('client.model("scripted")'),
    });
  });
});

it("instructions that a function gives are asked once a run, and are no change (row 106)", async () => {
  let asked = 0;
  const instructions = (): string => `Asked ${++asked}.`;
  const { runId, other, approvals } = await paused({ instructions });
  const model = says();
  const run = await other(model, { instructions: () => `Other ${++asked}.` }).resume(runId, { approvals });
  expect(await run.result()).toMatchObject({ status: "completed" });
  expect(model.seen[0]?.[0]).toEqual({ role: "system", content: "Asked 1." });
  expect(asked).toBe(1);
});
