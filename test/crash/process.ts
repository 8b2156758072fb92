import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Job, Said } from "./job.ts";

/** Starts the processes of the crash tests. */
export interface Processes {
  start(job: Job, onSaid?: (said: Said) => void): Started;
  /** Ends those that a failed test has left, and removes what was built. */
  stop(): void;
}

export interface Started {
  readonly process: ChildProcess;
  /** When it has ended, all that it said was heard. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  said: readonly Said[];
  signal: NodeJS.Signals | null;
  code: number | null;
  errors: string;
}

/**
 * Makes one file of the child and all that it loads, and lets Node keep what it compiled of it: some hundred milliseconds a process less, of
 * which there are hundreds.
 */
export async function createProcesses(folder: string): Promise<Processes> {
  const outfile = join(folder, "child.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("./child.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["fairwitness-dev", "module"],
    alias: { "#transport": fileURLToPath(new URL("../../src/wire/default-fetch.ts", import.meta.url)) }, // is in Node already
    // What of it is CommonJS asks for parts of Node.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    minify: true,
    logLevel: "error",
  });
  const running = new Set<ChildProcess>();
  const environment = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") };
  return {
    start(job, onSaid) {
      const child = spawn(process.execPath, ["--unhandled-rejections=strict", outfile, JSON.stringify(job)], {
        env: environment,
        stdio: ["ignore", "ignore", "pipe", "pipe"],
      });
      running.add(child);
      return { process: child, ended: hear(child, onSaid).finally(() => running.delete(child)) };
    },
    stop() {
      for (const child of running) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function hear(child: ChildProcess, onSaid?: (said: Said) => void): Promise<Ended> {
  const said: Said[] = [];
  let [rest, errors] = ["", ""];
  child.stdio[3]?.on("data", (bytes: Buffer) => {
    const lines = `${rest}${bytes.toString()}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const one = JSON.parse(line) as Said; // the child writes nothing else there
      said.push(one);
      onSaid?.(one);
    }
  });
  child.stderr?.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("close", (...how: [number | null, NodeJS.Signals | null]) => resolve(how)),
  );
  return { said, signal, code, errors };
}
