import { type ChildProcess, spawn } from "node:child_process";
import type { RunStore, StoredRun } from "fairwitness";

/** The process of this program that is at work, and whether it was interrupted. */
let working: { child: ChildProcess; isInterrupted: boolean } | undefined;

/** From here on Ctrl-C ends this program with a word on how to go on, whatever it is doing; a process at work is interrupted first. */
export function stopOnInterrupt(): void {
  process.on("SIGINT", () => {
    if (working === undefined) stopHere();
    working.isInterrupted = true;
    working.child.kill("SIGINT"); // a terminal tells both; `kill -INT` tells us alone
  });
}

/**
 * Runs this program once more, as another process with a part of its own. What it prints is seen here. When it is interrupted, so is this
 * one. @returns the signal that ended it, if one did.
 */
export async function runPart(...args: readonly string[]): Promise<NodeJS.Signals | null> {
  const [, program = ""] = process.argv;
  // The same interpreter with the same conditions as this program. It is asked nothing: whoever started us is.
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const work = { child, isInterrupted: false };
  working = work;
  const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, by) => resolve(by));
  });
  working = undefined;
  if (work.isInterrupted || signal === "SIGINT") stopHere();
  return signal;
}

/** Begins a run of an agent in another process, and finds it in the store. Ends this program where none began. */
export async function beginRun(store: RunStore, agent: string): Promise<StoredRun> {
  const [before] = await store.list({ agent, limit: 1 });
  await runPart("begin");
  const [run] = await store.list({ agent, limit: 1 });
  if (run !== undefined && run.runId !== before?.runId) return run;
  process.exit(1); // that process has said why
}

/** The last run of an agent, if it waits, or its process ended in the middle. */
export async function unfinishedRun(store: RunStore, agent: string): Promise<StoredRun | undefined> {
  const [last] = await store.list({ agent, limit: 1 });
  return last?.status === "open" || last?.status === "paused" ? last : undefined;
}

export async function isUnfinished(store: RunStore, runId: string): Promise<boolean> {
  const runs = await store.list();
  const status = runs.find((run) => run.runId === runId)?.status;
  return status === "open" || status === "paused";
}

/** Ends this program: what was begun stays in the store, where the next start finds it. */
export function stopHere(): never {
  console.log("\nInterrupted. What was done is on record: start this again, and it goes on from there.");
  process.exit(130);
}
