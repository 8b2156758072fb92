import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { afterAll, expect, it } from "vitest";
import { says } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-begun-"));
afterAll(() => rmSync(home, { recursive: true }));

it("a run whose process died before its first event was stored was never begun, and its conversation is free (row 94)", async () => {
  const source = join(home, "source");
  const agentOver = (folder: string) =>
    createAgent({ name: "t", model: says(), store: createFileStore(folder, { onRepair: () => {} }) });
  const { runId } = await agentOver(source).run("go", { conversation: "c" });
  const line = readFileSync(join(source, "runs", `${runId}.jsonl`), "utf8").split("\n")[0] ?? "";
  for (const stored of ["", line.slice(0, 40), line]) {
    const folder = mkdtempSync(join(home, "left-"));
    mkdirSync(join(folder, "runs"), { recursive: true });
    writeFileSync(join(folder, "runs", `${runId}.jsonl`), stored);
    const agent = agentOver(folder);
    await expect(agent.resume(runId)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("was never begun"),
    });
    const next = await agent.run("Is anybody there?", { conversation: "c" });
    expect(next.messages).toHaveLength(2);
    expect(readdirSync(join(folder, "runs"))).toHaveLength(2);
  }
});
