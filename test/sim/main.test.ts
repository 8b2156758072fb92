import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Starts the command; `said` collects both of its outputs. */
function start(...args: string[]): {
  child: ReturnType<typeof spawn>;
  said: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(
    process.execPath,
    ["--conditions=fairwitness-dev", "--import", "tsx", "src/sim/main.ts", ...args],
    { cwd: root },
  );
  let text = "";
  child.stdout.on("data", (part) => (text += part));
  child.stderr.on("data", (part) => (text += part));
  return { child, said: () => text, ended: once(child, "close").then(([code]) => code) };
}

test("the command prints the lines to paste, answers, and ends on Ctrl-C", async () => {
  const { child, said, ended } = start("--port", "0");
  await expect.poll(said, { timeout: 10_000 }).toContain("XAI_API_KEY");
  const url = /XAI_BASE_URL=(\S+)/.exec(said())?.[1];
  const key = /XAI_API_KEY=(sim_\S+)/.exec(said())?.[1];
  const reply = await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } });
  expect(reply.status).toBe(200);
  await reply.text();
  child.kill("SIGINT");
  expect(await ended).toBe(0);
});

test("the command plays a proxy where it is told to, and says so", async () => {
  const { child, said, ended } = start("--profile", "proxy");
  await expect.poll(said, { timeout: 10_000 }).toContain("XAI_API_KEY");
  expect(said()).toContain("stand-in for a proxy that resells xAI");
  const url = /XAI_BASE_URL=(\S+)/.exec(said())?.[1];
  const reply = await fetch(`${url}/models`, { headers: { "x-api-key": /XAI_API_KEY=(\S+)/.exec(said())?.[1] ?? "" } });
  expect(await reply.text()).toContain("gpt-4o");
  child.kill("SIGINT");
  expect(await ended).toBe(0);
});

test("a mistyped flag, an impossible port and an unknown profile give the usage and exit code 2", async () => {
  for (const args of [["--prot", "80"], ["--port", "many"], ["80"], ["--profile", "azure"]]) {
    const { said, ended } = start(...args);
    expect(await ended).toBe(2);
    expect(said()).toContain("Usage: npx fairwitness-sim");
  }
});
