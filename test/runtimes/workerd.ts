import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { runProgram } from "../project/package/npm.ts";
import type { Place } from "./program.ts";

const BUNDLE: readonly string[] = [
  ...["--bundle", "--format=esm", "--platform=neutral", "--log-level=error"],
  ...["--main-fields=module,main", "--conditions=workerd,worker,browser", "--outfile=worker.js"],
];

/**
 * Bundles the worker as a deployment would, serves it, asks it once, and ends it.
 * @param program The file of workerd.
 * @returns what it answered.
 */
export async function askWorkerd(folder: string, program: string, place: Place): Promise<string> {
  const esbuild = join(folder, "node_modules", "esbuild", "bin", "esbuild");
  await runProgram(process.execPath, [esbuild, "worker.ts", ...BUNDLE], { cwd: folder });
  const options = { cwd: folder, timeout: 60_000, killSignal: "SIGKILL" } as const;
  // It says on its standard output which port it was given.
  const child = spawn(program, ["serve", "worker.capnp", "--control-fd=1"], options);
  const ended = once(child, "close");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  try {
    for await (const text of child.stdout.setEncoding("utf8")) {
      said += text;
      const port = /"port":(\d+)/.exec(said)?.[1];
      if (port !== undefined) return await ask(port, place);
    }
    throw new Error(`workerd ended before it listened, and wrote:\n${said}`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

async function ask(port: string, place: Place): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/?${new URLSearchParams({ ...place })}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`workerd answered ${answer.status}: ${text}`);
  return text;
}
