import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApprovals } from "fairwitness";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { below, chance } from "./chance.ts";
import { wrongWith } from "./check.ts";
import { decide } from "./decide.ts";
import type { GivenAnswer, Job, Said, ScriptTurn } from "./job.ts";
import { type Life, live, openStore } from "./life.ts";
import { createProcesses, type Processes, type Started } from "./process.ts";
import { createWorld, type World } from "./world.ts";

/** Runs that several processes want; 200 in the large setting. */
const RACES = Number(process.env.FAIRWITNESS_RACES ?? 6);
const LEASE_MS = 400;

const SCRIPT: readonly ScriptTurn[] = [
  {
    calls: [
      { tool: "pay", n: 0 },
      { tool: "look", n: 1 },
      { tool: "notify", n: 4 },
      { tool: "upsert", n: 5 },
    ],
  },
  {
    calls: [
      { tool: "pay", n: 1 },
      { tool: "refund", n: 4 },
      { tool: "upsert", n: 2 },
    ],
  },
  { calls: [{ tool: "pay", n: 5 }] },
  { text: "All is done." },
];

let home: string;
let processes: Processes;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fairwitness-race-"));
  processes = await createProcesses(home);
});
afterAll(() => processes.stop());

interface Race {
  job: Job;
  world: World;
  /** How many processes want the run. */
  rivals: number;
  random: () => number;
}

interface Raced {
  said: readonly Said[];
  stops: number;
}

/** All of them at once, some of them asleep now and then, until each has come to an end. */
async function round({ job, rivals, random }: Race, approvals: Readonly<Record<string, GivenAnswer>>): Promise<Raced> {
  const until = Date.now() + 60_000;
  const started = Array.from({ length: rivals }, () =>
    processes.start({ ...job, approvals, race: { leaseMs: LEASE_MS, until } }),
  );
  const sleeping = stopSome(started, random);
  const ended = await Promise.all(started.map((one) => one.ended));
  const stops = sleeping.stop();
  for (const { code, errors } of ended) expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return { said: ended.flatMap(({ said }) => said), stops };
}

/** Lets a process sleep for about as long as a lease holds, and then another. */
function stopSome(started: readonly Started[], random: () => number): { stop: () => number } {
  let stops = 0;
  let timer: NodeJS.Timeout;
  const again = (): void => {
    const one = started[below(random, started.length)]?.process;
    if (one?.exitCode === null && one.kill("SIGSTOP")) {
      stops += 1;
      setTimeout(() => one.kill("SIGCONT"), random() * 2 * LEASE_MS);
    }
    timer = setTimeout(again, random() * LEASE_MS);
  };
  timer = setTimeout(again, random() * LEASE_MS);
  return {
    stop() {
      clearTimeout(timer);
      return stops;
    },
  };
}

/** Begins a run in a process that dies, and lets the others have it. */
async function race(kind: Job["kind"], rivals: number, seed: number): Promise<Life & Raced> {
  const random = chance(seed);
  await using world = await createWorld({ script: SCRIPT, delayMs: () => 20 + below(random, 80) });
  const folder = mkdtempSync(join(home, "race-"));
  const job: Job = { kind, folder, runId: `run_${kind}_${seed}`, url: world.url };
  await processes.start({ ...job, killAt: (kind === "files" ? 45 : 14) + below(random, 10) }).ended;
  const store = openStore(job);
  const said: Said[] = [];
  let stops = 0;
  let approvals = {};
  for (let rounds = 0; rounds < 20; rounds += 1) {
    const raced = await round({ job, world, rivals, random }, approvals);
    await world.idle();
    said.push(...raced.said);
    stops += raced.stops;
    const { events } = await store.read(job.runId);
    if (events.at(-1)?.type === "run.completed") break;
    // One that sleeps may still do what it had begun: nobody can say that it did not happen.
    approvals = decide(await openApprovals(store, job.runId), { effects: world.effects, isBold: () => false });
  }
  const { events: record } = await store.read(job.runId);
  store.close?.();
  const paused = said.flatMap((one) => (one.type === "ended" ? one.waiting : []));
  const acknowledged = said.flatMap((one) => (one.type === "stored" ? one.events : []));
  const { effects, problems } = world;
  return {
    runId: job.runId,
    record,
    effects,
    problems,
    acknowledged,
    paused,
    processes: rivals,
    kills: [],
    points: 0,
    said,
    stops,
  };
}

describe("a run that several processes want at the same time, some of them asleep now and then,", () => {
  it.each(["files", "sqlite"] as const)(
    "is had by one at a time over %s: no step is taken twice, and the others are told run_locked or lease_lost (rows 96, 97)",
    async (kind) => {
      const twin = await live({ processes, kind: "sqlite", script: SCRIPT, kill: () => undefined }, home);
      const told: Record<string, number> = {};
      let [stops, resumed] = [0, 0];
      for (let n = 0; n < RACES / 2; n += 1) {
        const rivals = [2, 4, 8, 3, 5, 6, 7][n % 7] ?? 2;
        const raced = await race(kind, rivals, n + 1);
        const events = raced.record.map(({ seq, type, step = "", epoch = "" }) => `${seq} ${type} ${step} ${epoch}`);
        expect(wrongWith(raced, twin), events.join("\n")).toEqual([]);
        expect(raced.record.filter(({ type }) => type === "run.failed")).toEqual([]); // whoever lost it has not ended it
        stops += raced.stops;
        resumed += raced.record.filter(({ type }) => type === "run.resumed").length;
        for (const one of raced.said) {
          if (one.type === "refused" || (one.type === "ended" && one.code !== undefined)) {
            told[one.code ?? ""] = (told[one.code ?? ""] ?? 0) + 1;
          }
        }
      }
      console.log(
        `${kind}: ${RACES / 2} runs, stopped ${stops} times, resumed ${resumed} times; told ${JSON.stringify(told)}`,
      );
      const { run_locked = 0, lease_lost = 0, run_ended = 0, ...others } = told;
      expect(others).toEqual({});
      expect(run_locked + lease_lost).toBeGreaterThan(0);
      expect(run_ended).toBeGreaterThanOrEqual(0);
    },
    60_000 + RACES * 30_000,
  );
});
