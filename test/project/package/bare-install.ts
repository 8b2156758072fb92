import { cp, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type NodeProgram, npm, runProgram } from "./npm.ts";

/** What a clone does not have. */
const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", "dist", ".git", ".vitest", ".fairwitness"]);

/**
 * Installs a copy of the repository without running a single script, compiles it and runs some of its tests. The Node of
 * the machine must then be new enough: the one among the development packages comes with a script.
 */
export async function checkBareInstall(options: { root: string; folder: string; node: NodeProgram }): Promise<void> {
  const { root, folder, node } = options;
  await mkdir(folder);
  await cp(root, folder, { recursive: true, filter: (path) => path === root || !LEFT_OUT.has(basename(path)) });
  await npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder, node });
  const env = { PATH: `${dirname(node.path)}:${process.env.PATH ?? ""}` };
  const run = (program: string, args: readonly string[]): Promise<string> =>
    runProgram(node.path, [join(folder, "node_modules", program), ...args], { cwd: folder, env });
  await run("typescript/bin/tsc", ["--noEmit"]);
  await run("vitest/vitest.mjs", [
    "run",
    "test/wire/sse.test.ts",
    "test/sim/simulator.test.ts",
    "test/loop/loop.test.ts",
  ]);
}
