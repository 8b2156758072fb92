// How the command line and the report show what is particular to our own tools.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, defineTool } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call } from "../support/play.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { fairwitness } from "./command.ts";

const dir = mkdtempSync(join(tmpdir(), "fairwitness-cli-tools-"));
afterAll(() => rmSync(dir, { recursive: true }));

const show = async (runId: string): Promise<string> => (await fairwitness(["runs", "show", runId, "--store", dir])).out;
const act = (execute: () => unknown, more: object = {}): ReturnType<typeof defineTool> =>
  defineTool({ name: "act", description: "d", input: z.object({}), execute, ...more });

describe("a run is shown", () => {
  test("with what a handler came to after the end", async () => {
    const { promise, reject } = Promise.withResolvers<unknown>();
    const store = createFileStore(dir);
    const tools = [act(() => promise)];
    const run = createAgent({ name: "t", model: scriptedModel([{ calls: [call("act")] }]), tools, store }).stream("go");
    for await (const event of run.events()) if (event.type === "tool.executing") break;
    await run.cancel();
    reject(new Error("booked\u001b[31m after all"));
    for await (const event of run.events()) if (event.type === "tool.late") break;
    const out = await show(run.id);
    expect(out).toMatch(/ended late, error: Error: booked.* after all, after /);
    expect(out).not.toContain("\u001b[31m");
  });

  test("with the call that was repeated", async () => {
    const store = createFileStore(dir);
    const model = scriptedModel(() => ({ calls: [call("act")] }));
    const result = await createAgent({ name: "t", model, tools: [act(() => 1)], store }).run("go", { reject: false });
    expect(await show(result.runId)).toContain("the same call of act in 3 turns in a row; stopped at 6");
  });
});

test("a report says where a result is that is too large for the record, and how large", async () => {
  const model = scriptedModel([{ calls: [call("act")] }, { text: "done" }]);
  const tools = [act(() => "x".repeat(2000), { maxStoredBytes: 1000 })];
  const result = await createAgent({ name: "t", model, tools, store: createFileStore(dir) }).run("go");
  const { sha256 } = result.toolCalls[0]?.outputArtifact ?? {};
  expect(result.report()).toContain(
    `Came back: 2000 bytes of \`text/plain; charset=utf-8\`, beside the record as \`${sha256}\``,
  );
});
