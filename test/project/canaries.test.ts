import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a suite whose one test leaks a planted secret in this way. */
async function suiteThatLeaks(way: string): Promise<{ code: number | null; said: string }> {
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  const child = spawn(process.execPath, [vitest, "run", "--config", "test/project/leak/vitest.config.ts"], {
    cwd: root,
    env: { ...process.env, LEAK: way },
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = await once(child, "close");
  // Ours must not hold what is looked for.
  return { code, said: said.replaceAll("sim_canary_leak", "the planted secret") };
}

test("the suite fails when a planted secret is printed by a test, or by a process that a test starts (row 112)", async () => {
  const ways = ["console", "stdout", "child", "failure"];
  const runs = await Promise.all(ways.map(suiteThatLeaks));
  for (const { code, said } of runs) {
    expect(said).toContain("The suite printed planted secrets: the planted secret");
    expect(code).not.toBe(0);
  }
});

test("the suite passes when none is printed", async () => {
  const { code, said } = await suiteThatLeaks("none");
  expect(said).toContain("nothing to see");
  expect(code).toBe(0);
});
