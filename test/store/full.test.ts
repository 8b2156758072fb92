// A store that cannot write any more: by real limits of the system, and at each call of an agent's run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAgent, defineTool } from "fairwitness";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createFileStore, createSqliteStore, type LocalStore } from "../../src/store/index.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { failing, KINDS } from "./failing.ts";
import { completed, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-full-"));
afterAll(() => rmSync(home, { recursive: true }));

/** Runs a child whose files cannot get larger than so many blocks of 512 bytes. */
async function childWithin(blocks: number, argument: object): Promise<{ acknowledged: number; code: string }> {
  const file = fileURLToPath(new URL("./child.ts", import.meta.url));
  const command = 'ulimit -f "$1"; shift; exec "$@"';
  const args = [process.execPath, "--conditions=fairwitness-dev", file, JSON.stringify(argument)];
  const child = spawn("sh", ["-c", command, "sh", `${blocks}`, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
  await once(child, "close");
  return JSON.parse(out);
}

describe.each([
  ["files", (folder: string): LocalStore => createFileStore(folder, { onRepair: () => {} })],
  ["sqlite", (folder: string): LocalStore => createSqliteStore(join(folder, "runs.sqlite"))],
])("a store in %s", (kind, open) => {
  test.skipIf(process.platform === "win32")(
    "that has no room says so, keeps all that it acknowledged, and goes on when there is room (row 98)",
    {
      timeout: 60_000,
    },
    async () => {
      const counts: number[] = [];
      for (const blocks of [150, 401, 800, 1_203]) {
        const folder = join(home, `${kind}-${blocks}`);
        const { acknowledged, code } = await childWithin(blocks, { kind, folder, task: "fill", id: "filler" });
        expect(code, `${blocks} blocks`).toBe("store_failed");
        const store = open(folder);
        const { events } = await store.read("run_1").catch(() => ({ events: [] }));
        const all = Array.from({ length: events.length }, (_, seq) =>
          seq === 0 ? started("run_1") : completed("run_1", seq, "x".repeat(300)),
        );
        expect(events).toEqual(all);
        expect(events.length).toBeGreaterThanOrEqual(acknowledged);
        const lease = await store.lease("run_1", { owner: "next", ttlMs: 60_000, isGone: () => true });
        store.append("run_1", [events.length === 0 ? started("run_1") : completed("run_1", events.length)], {
          epoch: lease.epoch,
        });
        counts.push(acknowledged);
      }
      expect(Math.max(...counts)).toBeGreaterThan(20);
    },
  );
});

const call = (n: number) => ({ tool: "pay", arguments: `{"n":${n}}` });

test("whichever call of the file system fails in a run, no tool runs of which the record does not say before that it was begun (row 98)", {
  timeout: 120_000,
}, async () => {
  const run = async (folder: string, calls: ReturnType<typeof failing>["calls"]): Promise<number[]> => {
    const paid: number[] = [];
    const pay = defineTool({
      name: "pay",
      description: "Pays.",
      input: z.object({ n: z.number() }),
      effect: "write",
      execute: ({ n }) => void paid.push(n),
    });
    const model = scriptedModel([{ calls: [call(1), call(2)] }, { calls: [call(3)] }, { text: "Paid." }]);
    const store = createFileStore(folder, { calls, onRepair: () => {}, fsync: "always" });
    await createAgent({ name: "t", model, tools: [pay], store, runtime: { createId: () => "1" } })
      .run("Pay.", { reject: false })
      .catch((error: { code?: string }) => expect(error.code).toBe("store_failed"));
    return paid;
  };
  const begun = async (folder: string): Promise<number> => {
    const { events } = await createFileStore(folder)
      .read("run_1")
      .catch(() => ({ events: [] }));
    return events.filter(({ type }) => type === "tool.executing").length;
  };
  const counting = failing(0, KINDS);
  expect(await run(join(home, "agent"), counting.calls)).toHaveLength(3);
  expect(await begun(join(home, "agent"))).toBe(3);
  const seen = new Set<number>();
  for (let nth = 1; nth <= counting.count(); nth += 1) {
    const folder = join(home, `agent-${nth}`);
    const paid = await run(folder, failing(nth, KINDS).calls);
    expect(await begun(folder), `call ${nth}`).toBeGreaterThanOrEqual(paid.length);
    seen.add(paid.length);
  }
  expect([...seen].toSorted()).toEqual([0, 1, 2, 3]);
});
