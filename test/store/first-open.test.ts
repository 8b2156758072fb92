import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const home = mkdtempSync(join(tmpdir(), "fairwitness-first-"));
afterAll(() => rmSync(home, { recursive: true }));

const STORE = fileURLToPath(new URL("../../src/store/index.ts", import.meta.url));

/** Opens the file that it is told of when it is told, for the first time there is, and says what came of it. */
const PROGRAM = `
  import { createInterface } from "node:readline";
  import { createSqliteStore } from ${JSON.stringify(STORE)};
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const { file, at } = JSON.parse(line);
    while (Date.now() < at);
    const store = createSqliteStore(file);
    const owner = String(process.pid);
    const took = await store.lease("run_1", { owner, ttlMs: 60_000 }).then(() => "held", (error) => error.code);
    console.log(took);
    store.close();
  }
`;

test("processes that make one SQLite file at the same moment wait for each other", { timeout: 60_000 }, async () => {
  const processes = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--conditions=fairwitness-dev", "--input-type=module-typescript", "--eval", PROGRAM]),
  );
  const printed = processes.map(({ stdout }) => text(stdout));
  await Promise.all(processes.map(({ stdout }) => new Promise((resolve) => stdout.once("data", resolve))));
  for (let round = 0; round < 12; round += 1) {
    const order = JSON.stringify({ file: join(home, `${round}.sqlite`), at: Date.now() + 40 + 60 * round });
    for (const { stdin } of processes) stdin.write(`${order}\n`);
  }
  for (const { stdin } of processes) stdin.end();
  const lines = (await Promise.all(printed)).map((out) => out.trim().split("\n").slice(1));
  for (let round = 0; round < 12; round += 1) {
    const outcomes = lines.map((line) => line[round]).sort();
    expect(outcomes).toEqual(["held", "run_locked", "run_locked", "run_locked"]);
  }
});
