import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { below, chance, randomScript } from "./chance.ts";
import { wrongWith } from "./check.ts";
import type { Job, ScriptTurn } from "./job.ts";
import { type Kill, type Life, type LifeOptions, live } from "./life.ts";
import { createProcesses, type Processes } from "./process.ts";

/** Processes that are killed; 20,000 in the large setting. */
const KILLS = Number(process.env.FAIRWITNESS_KILLS ?? 300);
const LANES = 2;

/** Each kind of tool beside the others, one that a person must agree to, and text from outside. */
const SCRIPT: readonly ScriptTurn[] = [
  {
    calls: [
      { tool: "look", n: 1 },
      { tool: "upsert", n: 2 },
      { tool: "pay", n: 3 },
      { tool: "notify", n: 4 },
      { tool: "refund", n: 6 },
    ],
  },
  {
    calls: [
      { tool: "fetch", n: 1 },
      { tool: "pay", n: 2 },
    ],
  },
  { text: "All is done." },
];

let home: string;
let processes: Processes;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fairwitness-crash-"));
  processes = await createProcesses(home);
});
afterAll(() => processes.stop());

type Plan = Omit<LifeOptions, "processes" | "isBold">;

/** Lives, some at a time, until so many processes were killed. */
async function series(kills: number, next: (n: number) => Plan): Promise<readonly Life[]> {
  const lives: Life[] = [];
  let [killed, begun] = [0, 0];
  const lane = async (): Promise<void> => {
    while (killed < kills) {
      begun += 1;
      const plan = next(begun);
      const random = chance(begun);
      const isBold = (): boolean => random() < 0.5;
      const life = await live({ ...plan, processes, isBold }, home);
      killed += life.kills.length;
      lives.push(life);
      expect(wrongWith(life, await twinOf(plan.script)), told(plan, life)).toEqual([]);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return lives;
}

const twins = new Map<string, Promise<Life>>();

/** The life that nobody ended early. */
async function twinOf(script: readonly ScriptTurn[]): Promise<Life> {
  const key = JSON.stringify(script);
  const known = twins.get(key) ?? live({ processes, kind: "sqlite", script, kill: () => undefined }, home);
  twins.set(key, known);
  return await known;
}

function told({ kind, script }: Plan, { kills, record }: Life): string {
  const events = record.map(({ seq, type, step = "", epoch = "" }) => `${seq} ${type} ${step} ${epoch}`);
  return [kind, JSON.stringify(script), ...kills, ...events].join("\n");
}

function report(what: string, lives: readonly Life[]): void {
  const sum = (count: (life: Life) => number): number => lives.reduce((total, life) => total + count(life), 0);
  const parked = sum(({ paused }) => paused.filter(({ reason }) => reason === "unknown_outcome").length);
  const doubled = sum(({ effects }) => effects.length - new Set(effects.map(({ key }) => key)).size);
  console.log(
    `${what}: ${sum(({ kills }) => kills.length)} kills in ${lives.length} runs of ${sum((life) => life.processes)} processes; ` +
      `${sum(({ acknowledged }) => acknowledged.length)} events acknowledged, ${parked} unknown outcomes parked, ` +
      `${sum(({ effects }) => effects.length)} effects, of which ${doubled} again under the same key`,
  );
}

/**
 * The first process dies at each of its points in turn, or the second, which begins with a person's decision; and then some of those that
 * carry on. The order is such that a series which ends early has been everywhere.
 */
function pointByPoint(kind: Job["kind"], points: number): (n: number) => Plan {
  const stride = [7, 11, 13].find((prime) => points % prime !== 0) ?? 1;
  return (n) => {
    const random = chance(n);
    const first = n % 2;
    const kill = (process: number): Kill | undefined => {
      if (process === first) return { at: 1 + (((n >> 1) * stride) % points) };
      return process > first && process < first + 6 && random() < 0.75 ? { at: 1 + below(random, points) } : undefined;
    };
    return { kind, kill, script: SCRIPT, ...(n % 8 === 0 && { fsync: "always" }) };
  };
}

describe("a run whose processes are killed", () => {
  it.each(["files", "sqlite"] as const)(
    "at each point, in the store, in a handler, in a decision, over %s: nothing acknowledged is lost, nothing is written twice, and it ends as if nobody had (rows 94, 95)",
    async (kind) => {
      const { points } = await live({ processes, kind, script: SCRIPT, kill: () => undefined }, home);
      const lives = await series(KILLS / 3, pointByPoint(kind, points));
      report(`point by point of ${points}, ${kind}`, lives);
      const places = new Set(lives.flatMap(({ kills }) => kills));
      expect(places.size, [...places].join("\n")).toBeGreaterThan(Math.min(20, KILLS / 20));
    },
    60_000 + KILLS * 2_000,
  );

  it(
    "at any moment, whatever the model asks for: nothing acknowledged is lost, nothing is written twice, and it ends as if nobody had (rows 94, 95)",
    async () => {
      const lives = await series(KILLS / 3, (n) => {
        const random = chance(-n);
        const kill = (process: number): Kill | undefined =>
          process < 8 && random() < 0.85 ? { share: random() } : undefined;
        return {
          kind: n % 2 === 0 ? "files" : "sqlite",
          kill,
          script: randomScript(random),
          delayMs: () => below(random, 30),
        };
      });
      report("at any moment", lives);
    },
    60_000 + KILLS * 2_000,
  );
});
