// Deciding on calls and telling runs something from the command line, over a folder and over an SQLite file.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createAgent, defineTool, openApprovals, webSearch } from "fairwitness";
import { createFileStore, createSqliteStore, type RunStore } from "fairwitness/store";
import { checkEvents, startScript } from "fairwitness/testing";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";
import { fairwitness, inProcess, type Said } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "fairwitness-cli-control-"));
afterAll(() => rmSync(root, { recursive: true }));

const ASKS: readonly ScriptedAttempt[] = [
  { calls: [call("refund", { order: "A1", euros: 20, note: "p\u0430y\u001b[31m\u202e" }, "call_1")] },
  { text: "Done." },
];
let worlds = 0;

/** A run that waits, in a store of its own, and what becomes of it. */
async function waiting(script = ASKS, where = `${root}/store-${worlds++}`) {
  const store: RunStore = where.endsWith(".sqlite") ? createSqliteStore(where) : createFileStore(where);
  const given: unknown[] = [];
  const refund = defineTool({
    name: "refund",
    description: "Gives money back.",
    input: z.looseObject({ order: z.string(), euros: z.number().positive() }),
    effect: "write",
    approval: true,
    execute: (input) => given.push(input),
  });
  const model = scriptedModel(script);
  const agent = createAgent({ name: "desk", model, tools: [refund], store });
  const { runId } = await agent.run("Refund A1.", { reject: false });
  const runs = (...args: string[]): Promise<Said> => inProcess(["runs", ...args, "--store", where]);
  return { agent, given, model, runId, runs, store, where };
}

describe("runs approvals", () => {
  test("shows what waits: the escaped arguments, why, for how long, and what to type next", async () => {
    const { runs, runId } = await waiting();
    const { code, out } = await runs("approvals");
    expect(code).toBe(0);
    expect(out).toMatch(/^run_\S+ {2}desk\n\n {2}refund {2}call_1 {2}waits for [\d.]+ m?s\n/);
    expect(out).toContain("because its tool asks for it\n");
    expect(out).toContain(
      '    {\n      "order": "A1",\n      "euros": 20,\n      "note": "p\\u{430}y\\u001b[31m\\u{202e}"\n',
    );
    expect(out).toContain(`fairwitness runs approve ${runId} call_1\n    fairwitness runs deny ${runId} call_1\n`);
  });

  test("names the text from outside that is the reason, and the end of the wait", async () => {
    await using xai = await startScript([
      {
        serverTools: [{ kind: "web_search", input: { query: "refunds" }, sources: [] }],
        toolCalls: [{ name: "wire", arguments: {} }],
      },
    ]);
    const where = `${root}/tainted`;
    const wire = defineTool({
      name: "wire",
      description: "Sends money.",
      input: z.object({}),
      effect: "write",
      approvalTimeoutMs: 7_200_000,
      execute: () => "sent",
    });
    const tools = [wire, webSearch()];
    const store = createFileStore(where);
    const { runId } = await createAgent({ name: "t", model: xai.model(), tools, store }).run("go", { reject: false });
    const said = await inProcess(["runs", "approvals", "latest", "--store", where]);
    expect(said.out).toContain("because text from outside has entered the run: web_search of xAI");
    expect(said.out).toMatch(/counts as denied in (2 h 0 min|1 h 59 min)/);
    const [open] = await openApprovals(store, runId);
    const sticky = await inProcess(["runs", "approve", "latest", open?.callId ?? "", "--sticky", "--store", where]);
    expect(sticky).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was decided.") });
    expect((await openApprovals(store, runId))[0]?.answer).toBeUndefined();
  });

  test("says of a decision that lies there that the run has not read it yet", async () => {
    const { runs, runId } = await waiting();
    await runs("deny", runId, "call_1", "--by", "Ann", "--reason", "no\u001b[31m money");
    const [text, json] = await Promise.all([runs("approvals", runId), runs("approvals", "--json")]);
    expect(text.out).toContain(`denied by Ann: no\\x1b[31m money; not read yet: agent.resume("${runId}")`);
    expect(text.out).not.toContain("runs approve");
    expect(JSON.parse(json.out)).toMatchObject({ runId, callId: "call_1", answer: { approve: false, by: "Ann" } });
  });

  test("says that nothing waits, and lists the run as waiting no more once it went on", async () => {
    const { agent, runs, runId } = await waiting();
    const before = await runs("list");
    await runs("approve", runId, "call_1");
    await (await agent.resume(runId)).result();
    const [none, list, shown] = await Promise.all([runs("approvals"), runs("list"), runs("show", runId)]);
    expect(before.out).toContain(`${runId}  waiting  `);
    expect(none).toMatchObject({ code: 0, out: expect.stringContaining("Nothing waits for a decision") });
    expect(list.out).toContain(`${runId}  completed  `);
    expect(shown.out).toMatch(
      /asks for it\n +approved by person \S+\n(.*\n)*? {2}note {2}waiting for a decision on refund \(call_1\), at .*\n {2}note {2}resumed at /,
    );
  });
});

describe("runs approve and runs deny", () => {
  test.each([["a folder"], ["an SQLite file"]])("decide once, from another process, over %s", async (kind) => {
    const where = `${root}/decide-${worlds++}${kind === "a folder" ? "" : ".sqlite"}`;
    const { agent, given, runs, runId } = await waiting(ASKS, where);
    const words = ["runs", "approve", runId.slice(4, 16), "call", "--reason", "kind", "--store", where];
    const first = await fairwitness(words); // a process of its own
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toContain(`refund (call_1) of ${runId}: approved by ${userInfo().username}: kind.\n`);
    expect(first.out).toContain(
      `The run has left its process: agent.resume("${runId}") in your program goes on with it.`,
    );
    const [same, other] = [await runs("approve", runId, "call_1"), await runs("deny", runId, "call_1")];
    expect(same).toMatchObject({ code: 0, out: expect.stringContaining("before. Nothing changes.") });
    expect(other).toMatchObject({ code: 1, out: expect.stringContaining("was approved by") });
    const run = await agent.resume(runId);
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(given).toHaveLength(1);
    expect(checkEvents(run.record)).toEqual([]);
    expect(await runs("deny", runId, "call_1")).toMatchObject({
      code: 1,
      out: `Too late: call_1 of ${runId} is done. Nothing changes.\n`,
    });
  });

  test("take other arguments, which the run checks: where they do not fit, nothing runs", async () => {
    const [good, bad] = [await waiting(), await waiting()];
    const said = await good.runs("approve", "latest", "call_1", "--input", '{"order":"A1","euros":5}');
    expect(said.out).toContain('with other arguments {"order":"A1","euros":5}. The run checks the arguments');
    await bad.runs("approve", "latest", "call_1", "--input", '{"order":"A1"}');
    await (await good.agent.resume(good.runId)).result();
    const run = await bad.agent.resume(bad.runId);
    expect((await run.result()).toolCalls).toMatchObject([{ outcome: "denied" }]);
    expect([good.given, bad.given]).toEqual([[{ order: "A1", euros: 5 }], []]);
  });

  test("approve all further calls of the tool with --sticky", async () => {
    const script = [ASKS[0] ?? {}, { calls: [call("refund", { order: "A2", euros: 1 }, "call_2")] }, { text: "Done." }];
    const { agent, given, runs, runId } = await waiting(script);
    await runs("approve", runId, "call_1", "--sticky");
    expect(await (await agent.resume(runId)).result()).toMatchObject({ status: "completed" });
    expect(given).toHaveLength(2);
  });

  test("decide nothing when they are mistyped, whatever is wrong", async () => {
    const { agent, given, runs, runId, store } = await waiting();
    const wrong = await Promise.all([
      runs("aprove", runId, "call_1"),
      runs("approve", runId),
      runs("approve", "call_1", runId),
      runs("approve", runId, "call_2"),
      runs("approve", "run_zzz", "call_1"),
      runs("approve", runId, "call_1", "yes"),
      runs("approve", runId, "call_1", "--input", "{euros:1}"),
      runs("approve", runId, "call_1", "--stiky"),
      runs("deny", runId, "call_1", "--reason", ""),
      runs("deny", runId, "call_1", "--sticky"),
      inProcess(["approve", runId, "call_1"]),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect(wrong.every(({ out, err }) => out === "" && err !== "")).toBe(true);
    expect(wrong[3]?.err).toContain('No call "call_2" of');
    expect(wrong[3]?.err).toContain("Did you mean call_1?");
    expect(await store.inbox?.received(runId)).toEqual([]);
    expect(await (await agent.resume(runId)).result()).toMatchObject({ status: "paused" });
    expect(given).toEqual([]);
  });

  test("reach a run that stays in its process, which reads them by itself", async () => {
    const { agent, given, runs } = await waiting([...ASKS.slice(0, 1), ...ASKS]);
    const run = agent.stream("Again.");
    for await (const event of run) {
      if (event.type !== "tool.approval.requested") continue;
      const said = await runs("approve", run.id, event.call.id);
      expect(said.out).toContain("If its process is there, the run reads this within two seconds");
    }
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(given).toHaveLength(1);
  });
});

describe("runs cancel and runs steer", () => {
  test("close a run that waits, or tell it something before it goes on", async () => {
    const { agent, model, runs, runId } = await waiting();
    const sent = await runs("steer", runId, "Use", "euros.");
    expect(sent).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Sent to ${runId}. The run has left its process`),
    });
    await runs("approve", runId, "call_1");
    await (await agent.resume(runId)).result();
    expect(model.seen.at(-1)?.at(-1)).toEqual({ role: "user", content: "Use euros." });
    const other = await agent.run("Refund A1.", { reject: false }).catch(() => undefined);
    expect(other?.status).toBe("failed"); // the script is at its end
    expect(await runs("cancel", runId)).toMatchObject({ code: 1, out: `${runId} had ended. Nothing changes.\n` });
    expect(await runs("steer", runId, "more")).toMatchObject({ code: 1, out: expect.stringContaining("has ended") });
  });

  test("cancel closes the record of a run that nobody has", async () => {
    const { runs, runId, store } = await waiting();
    const said = await runs("cancel", "latest", "--reason", "enough");
    expect(said).toMatchObject({ code: 0, out: expect.stringContaining("is cancelled") });
    const { events } = await store.read(runId);
    expect(events.at(-1)).toMatchObject({ type: "run.cancelled", reason: "enough" });
    expect(checkEvents(events)).toEqual([]);
    expect((await runs("approvals")).out).toContain("Nothing waits");
  });

  test("cancel and steer reach a run that is under way in another process", async () => {
    const where = `${root}/under-way`;
    const model = scriptedModel([{ text: "hm", hang: true }]);
    const run = createAgent({ name: "t", model, store: createFileStore(where) }).stream("go");
    const said: Said[] = [];
    for await (const event of run) {
      if (event.type !== "text.delta") continue;
      said.push(await inProcess(["runs", "steer", run.id, "and more", "--store", where]));
      said.push(await inProcess(["runs", "cancel", run.id, "--store", where]));
    }
    expect(said.map(({ code }) => code)).toEqual([0, 0]);
    expect(said[0]?.out).toContain("The run is told before its next turn.");
    expect(said[1]?.out).toContain("is held by a process");
    expect(await run.result()).toMatchObject({ status: "cancelled", reason: "cancelled" });
  });
});

test("a store that is named wrongly is not made", async () => {
  const [file, folder, none] = await Promise.all([
    inProcess(["runs", "list", "--store", `${root}/none.sqlite`]),
    inProcess(["runs", "list", "--store", `${root}/none`]),
    inProcess(["runs", "approve", "latest", "c", "--store", `${root}/none`]),
  ]);
  expect(file).toMatchObject({ code: 1, err: expect.stringContaining("There is no file") });
  expect(folder).toMatchObject({ code: 0, out: expect.stringContaining("There are no runs in") });
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining("or name another place with --store") });
  expect([existsSync(`${root}/none.sqlite`), existsSync(`${root}/none`)]).toEqual([false, false]);
});
