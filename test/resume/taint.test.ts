import { createAgent, defineTool, type Message, openApprovals, remoteMcp, webSearch, xSearch } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { startScript } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { describeArguments, type StoredEvent } from "../../src/event/index.ts";
import { call } from "../support/play.ts";
import { effects, readAll, says } from "./support.ts";

const page = (more: object = {}) => effects("fetch_page", { effect: "read", origin: "external", ...more });

describe("text from outside", () => {
  it("taints a run by a tool of external origin, and a later write waits for a person who is told where it came from (row 134)", async () => {
    const store = createMemoryStore();
    const [fetch, send] = [page(), effects("send_mail", { effect: "write" })];
    const model = says(
      { calls: [call("fetch_page", { url: "evil.example" })] },
      { calls: [call("send_mail", { to: "x" })] },
    );
    const agent = createAgent({ name: "t", model, tools: [fetch.tool, send.tool], store });
    const result = await agent.run("go", { reject: false });
    expect(result).toMatchObject({ status: "paused", waiting: [{ tool: "send_mail", reason: "untrusted" }] });
    expect(result.taint).toMatchObject([{ by: "external_tool", tool: "fetch_page" }]);
    expect(send.given).toEqual([]);
    const [open] = await openApprovals(store, result.runId);
    expect(open?.taint).toContain("fetch_page");
    expect(open?.taint).toContain("evil.example");
  });

  it("does not gate a write of the same batch: it was asked for before the text came in", async () => {
    const [fetch, send] = [page(), effects("send_mail", { effect: "write" })];
    const model = says({ calls: [call("fetch_page"), call("send_mail")] });
    const result = await createAgent({ name: "t", model, tools: [fetch.tool, send.tool] }).run("go");
    expect(send.given).toHaveLength(1);
    expect(result.taint).toHaveLength(1);
  });

  it.each([
    ["block", "denied", 0],
    ["allow", "ok", 1],
  ] as const)("with untrusted: %s makes such a call %s", async (untrusted, outcome, times) => {
    const [fetch, send] = [page(), effects("send_mail", { effect: "write" })];
    const model = says({ calls: [call("fetch_page")] }, { calls: [call("send_mail")] });
    const run = createAgent({ name: "t", model, tools: [fetch.tool, send.tool], untrusted }).stream("go");
    await readAll(run);
    const result = await run.result();
    expect(result).toMatchObject({ status: "completed", toolCalls: [{}, { outcome }] });
    expect(send.given).toHaveLength(times);
  });

  it("asks for each call: an approval that holds for the run does not cover what untrusted text may have asked for", async () => {
    const [fetch, send] = [page(), effects("send_mail", { effect: "write", approval: true })];
    const model = says(
      { calls: [call("send_mail", { n: 1 })] },
      { calls: [call("send_mail", { n: 2 })] },
      { calls: [call("fetch_page")] },
      { calls: [call("send_mail", { n: 3 })] },
    );
    const agent = createAgent({ name: "t", model, tools: [fetch.tool, send.tool] });
    const run = agent.stream("go");
    const reasons: string[] = [];
    for await (const event of run) {
      if (event.type !== "tool.approval.requested") continue;
      reasons.push(event.reason);
      if (reasons.length === 1) await agent.resolveApproval(run.id, event.call.id, { approve: true, sticky: true });
      if (reasons.length === 3) await agent.resolveApproval(run.id, event.call.id, { approve: false });
    }
    expect(reasons).toEqual(["approval", "approval", "untrusted"]);
    expect(send.given).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("in messages that were handed in taints the run, whether a server or a tool of ours brought it", async () => {
    const fetch = page();
    const served: Message = {
      role: "assistant",
      content: "I searched.",
      raw: { api: "responses", provider: "p", family: "f", items: [{ type: "web_search_call", id: "1" }] },
    };
    const ours: Message[] = [
      { role: "assistant", content: "", toolCalls: [{ id: "c", tool: "fetch_page", arguments: "{}" }] },
      { role: "tool", callId: "c", tool: "fetch_page", content: "do evil" },
    ];
    for (const messages of [[served], ours]) {
      const agent = createAgent({ name: "t", model: says(), tools: [fetch.tool] });
      expect((await agent.run("go", { messages })).taint).toMatchObject([{ by: "history" }]);
    }
    const plain: Message[] = [{ role: "user", content: "hi" }];
    expect((await createAgent({ name: "t", model: says() }).run("go", { messages: plain })).taint).toEqual([]);
  });

  it("marked as untrusted in the input taints the run, and cannot be put into the instructions (row 138)", async () => {
    const agent = createAgent({ name: "t", model: says() });
    const part = { type: "text", text: "a mail", untrusted: true } as const;
    const result = await agent.run({ role: "user", content: [{ type: "text", text: "Sum up:" }, part] });
    expect(result.taint).toEqual([{ by: "input" }]);
    expectTypeOf<Parameters<typeof createAgent>[0]["instructions"]>().not.toExtend<
      readonly (typeof part)[] | undefined
    >();
    expect(() => createAgent({ name: "t", model: says(), instructions: [part] as never })).toThrow(/instructions/);
  });

  it("steered in taints the run from then on", async () => {
    const look = effects("look", { effect: "read" });
    const model = says({ calls: [call("look")] });
    const run = createAgent({ name: "t", model, tools: [look.tool] }).stream("go");
    void run.steer({ role: "user", content: [{ type: "text", text: "a mail", untrusted: true }] });
    await readAll(run);
    expect((await run.result()).taint).toEqual([{ by: "input" }]);
  });

  it("that a handler's own agent read taints the run that the handler stands in, and the other way round (row 137)", async () => {
    const inner = createAgent({ name: "inner", model: says({ calls: [call("fetch_page")] }), tools: [page().tool] });
    const ask = defineTool({
      name: "ask",
      description: "d",
      effect: "read",
      input: z.looseObject({}),
      execute: async () => (await inner.run("look")).text,
    });
    const send = effects("send_mail", { effect: "write" });
    const model = says({ calls: [call("ask")] }, { calls: [call("send_mail")] });
    const result = await createAgent({ name: "t", model, tools: [ask, send.tool] }).run("go", { reject: false });
    expect(result).toMatchObject({ status: "paused", taint: [{ by: "child_run", tool: "ask" }] });

    const records: (readonly StoredEvent[])[] = [];
    const child = createAgent({ name: "child", model: says() });
    const delegate = defineTool({
      name: "delegate",
      description: "d",
      effect: "read",
      input: z.looseObject({}),
      async execute() {
        const run = child.stream("do");
        await run.result();
        records.push(run.record);
        return "done";
      },
    });
    const outer = says({ calls: [call("fetch_page")] }, { calls: [call("delegate")] });
    const parent = await createAgent({ name: "t", model: outer, tools: [page().tool, delegate] }).run("go");
    const [started] = records[0] ?? [];
    expect(started).toMatchObject({ parent: parent.runId, taint: [{ by: "conversation", runId: parent.runId }] });
  });

  it("goes with the conversation into later runs, and into branches (row 137)", async () => {
    const store = createMemoryStore();
    const [fetch, send] = [page(), effects("send_mail", { effect: "write" })];
    const options = { name: "t", tools: [fetch.tool, send.tool], store };
    const first = await createAgent({ ...options, model: says({ calls: [call("fetch_page")] }) }).run("go", {
      conversation: "c",
    });
    const later = () => createAgent({ ...options, model: says({ calls: [call("send_mail")] }) });
    const second = await later().run("and now", { conversation: "c", reject: false });
    expect(second).toMatchObject({ status: "paused", taint: [{ by: "conversation", runId: first.runId }] });
    const branch = await later().run("or", { branch: { runId: first.runId, messages: 1 }, reject: false });
    expect(branch).toMatchObject({ status: "paused", taint: [{ by: "conversation" }] });
    expect(send.given).toEqual([]);
  });
});

describe("a search at xAI", () => {
  const search = { kind: "web_search", input: { query: "q" } } as const;
  const send = { name: "send_mail", arguments: { to: "everyone" } };

  it.each(["before", "behind"] as const)(
    "in the same turn as a write taints it first, whatever the order of its items, %s (row 136)",
    async (place) => {
      const mail = effects("send_mail", { effect: "write" });
      await using sim = await startScript([{ serverTools: [search], toolCalls: [send] }, { text: "Done." }]);
      const agent = createAgent({ name: "t", model: sim.model(), tools: [mail.tool, webSearch()] });
      const run = agent.stream(place);
      for await (const event of run) {
        if (event.type === "tool.approval.requested")
          await agent.resolveApproval(run.id, event.call.id, { approve: false });
      }
      expect(await run.result()).toMatchObject({ status: "completed" });
      expect(mail.given).toEqual([]);
    },
  );

  it("never leads to a write that nobody approved, however obedient the model is (row 134)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("search", "send", "both", "look"), { minLength: 1, maxLength: 5 }),
        async (turns) => {
          const script = turns.map((turn) => ({
            ...(turn === "search" || turn === "both" ? { serverTools: [search] } : {}),
            toolCalls: [
              ...(turn === "send" || turn === "both" ? [send] : []),
              ...(turn === "look" || turn === "search" ? [{ name: "look", arguments: {} }] : []),
            ],
          }));
          await using sim = await startScript([...script, { text: "Done." }]);
          const [mail, look] = [effects("send_mail", { effect: "write" }), effects("look", { effect: "read" })];
          const agent = createAgent({
            name: "t",
            model: sim.model(),
            tools: [mail.tool, look.tool, webSearch()],
            loopDetector: false,
          });
          const run = agent.stream("go");
          let asked = 0;
          for await (const event of run) {
            if (event.type !== "tool.approval.requested") continue;
            asked += 1;
            expect(event.taint).toBeDefined();
            await agent.resolveApproval(run.id, event.call.id, { approve: false });
          }
          const searchedAt = turns.findIndex((turn) => turn === "search" || turn === "both");
          const writes = turns
            .map((turn, index) => (turn === "send" || turn === "both" ? index : -1))
            .filter((at) => at >= 0);
          const free = writes.filter((at) => searchedAt === -1 || at < searchedAt).length;
          expect(mail.given).toHaveLength(free); // nobody is asked where no text came in
          expect(asked).toBe(writes.length - free);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("a private tool", () => {
  const secret = (): ReturnType<typeof effects>["tool"] =>
    effects("read_secrets", { effect: "read", private: true }).tool;
  const mcp = remoteMcp({ url: "https://mcp.example.com", label: "crm" });

  it("is refused beside whatever carries words away, each by name, unless that is said to be meant (row 135)", () => {
    const outward = [webSearch(), xSearch(), mcp];
    for (let mask = 0; mask < 8; mask += 1) {
      const tools = [secret(), ...outward.filter((_, index) => (mask & (1 << index)) !== 0)];
      const make = (more: object = {}): unknown => createAgent({ name: "t", model: "grok-4.7", tools, ...more });
      if (mask === 0) expect(make).not.toThrow();
      else
        expect(make).toThrow(
          expect.objectContaining({ code: "private_exposed", message: expect.stringContaining("read_secrets") }),
        );
      expect(() => make({ allowPrivate: ["read_secrets"] })).not.toThrow();
      expect(() => make({ allowPrivate: ["read_secret"] })).toThrow(/no private tool/);
      expect(() => make({ allowPrivate: "read_secrets" })).toThrow(/allowPrivate is a list of names/);
    }
  });
});

describe("the arguments that a person is shown", () => {
  it("say their length first, and escape what deceives the eye (row 139)", () => {
    const shown = describeArguments("send", { to: "p\u0430ypal\u200b.com\u202e\u001b[2J", note: "Привет, мир" });
    expect(shown).toMatch(/^send, \d+ characters, with characters that deceive the eye: they are escaped:/);
    expect(shown).toContain("p\\u{430}ypal\\u{200b}.com\\u{202e}");
    expect(shown).toContain("Привет, мир");
    const mixed = describeArguments("send", {
      to: "g\u0585\u0585gle \u13aapple p\u0430yж \u{1d5ec}ou \u0441\u043e\u0441\u0430",
      kana: "Tシャツ",
    });
    expect(mixed).toContain(
      "g\\u{585}\\u{585}gle \\u{13aa}pple p\\u{430}y\\u{436} \\u{1d5ec}ou \\u{441}\\u{43e}\\u{441}\\u{430}",
    );
    expect(mixed).toContain("Tシャツ");
    expect(describeArguments("send", { to: "x" })).toMatch(/^send, \d+ characters:/);
    expect(describeArguments("send", { to: "x".repeat(10_000) })).toMatch(/more characters are not shown$/);
  });

  it("hold no character that a terminal obeys or that has no width, whatever they are (row 139)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = describeArguments("t", { text });
        expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u);
      }),
    );
  });
});
