// The core on other runtimes than Node: packs the project, installs it beside Bun, Deno and workerd in a folder of its own, and has each
// run one program against a simulator that Node runs. Needs a package registry (or npm's cache of one) and no key.
import { deepEqual, equal, match } from "node:assert/strict";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { npm, runProgram } from "../project/package/npm.ts";
import { createReport } from "../project/package/report.ts";
import { packProject } from "../project/package/tarball.ts";
import type { Outcome, Place } from "./program.ts";
import { askWorkerd } from "./workerd.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const report = createReport("runtimes");
const folder = await mkdtemp(join(tmpdir(), "fairwitness-runtimes-"));
try {
  if ((await report.check("the package and the runtimes install, without running any script", install)) !== undefined) {
    await checkAll();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = report.finish() ? 0 : 1;

async function install(): Promise<string> {
  await cp(here, folder, { recursive: true });
  await cp(join(here, "install"), folder, { recursive: true });
  await npm(["run", "build"], { cwd: root });
  const { path } = await packProject(root, folder);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await npm(["ci", ...quiet], { cwd: folder });
  await npm(["install", ...quiet, path], { cwd: folder });
  return path;
}

async function checkAll(): Promise<void> {
  // What is tried is what was installed, and not this clone.
  const installed = pathToFileURL(join(folder, "node_modules/fairwitness/dist/src/sim/index.js")).href;
  const { startSimulator } = (await import(installed)) as typeof import("fairwitness/sim"); // the same, built
  await using simulator = await startSimulator();
  const place: Place = { baseURL: simulator.url, apiKey: simulator.apiKey };
  const main = ["main.ts", place.baseURL, place.apiKey];
  const run = (program: string, args: readonly string[]): Promise<string> => runProgram(program, args, { cwd: folder });
  const deno = ["run", "--node-modules-dir=manual", "--allow-net=127.0.0.1", "--allow-env", "--allow-read"];
  const ways: Readonly<Record<string, () => Promise<string>>> = {
    "Node, over undici": () => run(process.execPath, main),
    "Bun, over fetch": async () => run(await programOf("@oven", "bun"), main),
    "Deno, over fetch": () => run(process.execPath, ["node_modules/deno/bin.cjs", ...deno, ...main]),
    "workerd, over fetch": async () => askWorkerd(folder, await programOf("@cloudflare", "workerd"), place),
  };
  for (const [name, ask] of Object.entries(ways)) {
    await report.check(`an agent runs on ${name}`, async () => checkOutcome(JSON.parse(await ask()), name));
  }
}

/** The program itself: the one for this machine is the only one that was installed. */
async function programOf(scope: string, name: string): Promise<string> {
  const [found] = await readdir(join(folder, "node_modules", scope));
  if (found === undefined) throw new Error(`There is no ${name} for this machine.`);
  return join(folder, "node_modules", scope, found, "bin", name);
}

function checkOutcome(outcome: Outcome, name: string): void {
  match(outcome.text, /Lisbon.*21/);
  equal(outcome.deltas, outcome.text);
  deepEqual(outcome.calls, ["get_weather"]);
  deepEqual(outcome.outputs, [{ city: "Lisbon", celsius: 21 }]);
  equal(outcome.citations > 0, true);
  equal(outcome.refused, "invalid_key");
  equal(outcome.cancelled, "cancelled");
  equal(outcome.fetched > 0, !name.startsWith("Node"));
}
