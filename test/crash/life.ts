import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openApprovals, type RunStore, type StoredEvent } from "fairwitness";
import { createFileStore, createSqliteStore } from "fairwitness/store";
import { decide } from "./decide.ts";
import type { GivenAnswer, Job, Said, ScriptTurn } from "./job.ts";
import type { Ended, Processes } from "./process.ts";
import { createWorld, type Happened, type World } from "./world.ts";

/** How a process is killed: by itself at a point, or from outside, once so much of the time has passed that one of its kind works. */
export type Kill = { at: number } | { share: number };

/** A run, from its first process to its last. */
export interface LifeOptions {
  processes: Processes;
  kind: Job["kind"];
  script: readonly ScriptTurn[];
  /** How the n-th process is killed; undefined: it is not. */
  kill: (n: number) => Kill | undefined;
  /** Says which unknown outcomes a person lets run again, where they know that it did not happen. */
  isBold?: () => boolean;
  fsync?: "always";
  /** Milliseconds an effect takes to be answered, once it has happened. */
  delayMs?: () => number;
}

/** What became of it. */
export interface Life {
  runId: string;
  record: readonly StoredEvent[];
  effects: readonly Happened[];
  problems: readonly string[];
  /** What its processes said was stored. */
  acknowledged: readonly Extract<Said, { type: "stored" }>["events"][number][];
  processes: number;
  /** Where it was killed, or after how many milliseconds. */
  kills: readonly string[];
  /** Requests that a process left the run with, with their reason. */
  paused: readonly { callId: string; reason: string }[];
  /** The most points that one of its processes came by. */
  points: number;
}

let lives = 0;

export async function live(options: LifeOptions, home: string): Promise<Life> {
  lives += 1;
  const folder = mkdtempSync(join(home, "life-"));
  await using world = await createWorld(options);
  const job = { kind: options.kind, folder, runId: `run_${lives}`, url: world.url } as const;
  const store = openStore(job);
  const life = await carry(options, { ...job, ...(options.fsync && { fsync: options.fsync }) }, { world, store });
  store.close?.();
  rmSync(folder, { recursive: true });
  return life;
}

export function openStore({ kind, folder }: Pick<Job, "kind" | "folder">): RunStore & { close?: () => void } {
  if (kind === "sqlite") return createSqliteStore(join(folder, "runs.sqlite"));
  return createFileStore(folder, { onRepair: () => {} });
}

/** Starts one process after the other, until the run is completed. */
async function carry(
  { processes, kill, isBold = () => false }: LifeOptions,
  job: Job,
  { world, store }: { world: World; store: RunStore },
): Promise<Life> {
  const said: Said[] = [];
  const kills: string[] = [];
  const paused: { callId: string; reason: string }[] = [];
  let approvals: Readonly<Record<string, GivenAnswer>> = {};
  for (let n = 0; n < 60; n += 1) {
    const ended = await oneProcess(processes, { ...job, approvals }, kill(n));
    await world.idle(); // what it had sent before it died happens
    said.push(...ended.said);
    const last = ended.said.at(-1);
    if (ended.signal === "SIGKILL") {
      kills.push(last?.type === "killed" ? last.at : "from outside");
      continue;
    }
    if (last?.type === "ended" && last.status === "paused") {
      paused.push(...last.waiting);
      approvals = decide(await openApprovals(store, job.runId), { effects: world.effects, isBold });
      continue;
    }
    const isDone =
      last?.type === "ended" ? last.status === "completed" : last?.type === "refused" && last.code === "run_ended";
    if (!isDone) throw new Error(`A process ended with ${JSON.stringify({ last, ...ended, said: undefined, kills })}`);
    return {
      runId: job.runId,
      record: (await store.read(job.runId)).events,
      effects: world.effects,
      problems: world.problems,
      acknowledged: said.flatMap((one) => (one.type === "stored" ? one.events : [])),
      processes: n + 1,
      kills,
      paused,
      points: Math.max(...said.map((one) => (one.type === "ended" ? one.points : 0))),
    };
  }
  throw new Error(`The run ${job.runId} did not come to its end.`);
}

/** How long processes have worked that nobody ended: how busy the machine is decides. */
let usualMs = 200;

async function oneProcess(processes: Processes, job: Job, kill: Kill | undefined): Promise<Ended> {
  const killed = kill !== undefined && "at" in kill ? { ...job, killAt: kill.at } : job;
  let timer: NodeJS.Timeout | undefined;
  let begun = 0;
  const started = processes.start(killed, (said) => {
    if (said.type === "ended") usualMs = 0.8 * usualMs + 0.2 * (performance.now() - begun);
    if (said.type !== "ready") return;
    begun = performance.now();
    if (kill !== undefined && "share" in kill)
      timer = setTimeout(() => started.process.kill("SIGKILL"), kill.share * usualMs);
  });
  const ended = await started.ended;
  clearTimeout(timer);
  return ended;
}
