// One process in the life of a run: begins it, or carries it on, and dies where it is told to. Argument: a Job. What it says goes to
// file descriptor 3, in a call that returns when it is said: what was said before a kill was said.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { AgentError, createAgent, createClient, type Run } from "fairwitness";
import { createFileStore, createSqliteStore, type LocalStore } from "fairwitness/store";
import type { Job, Said } from "./job.ts";
import { createPoints, pointedCalls, pointedStore } from "./points.ts";
import { crashTools } from "./tools.ts";
import type { Happened } from "./world.ts";

const job = JSON.parse(process.argv[2] ?? "{}") as Job; // written by the tests beside this
const say = (said: Said): void => {
  writeSync(3, `${JSON.stringify(said)}\n`);
};
const points = createPoints(job.killAt, say);
const store = pointedStore(openStore(), points, say);

function openStore(): LocalStore {
  const { kind, folder, fsync = "never" } = job;
  if (kind === "sqlite") return createSqliteStore(join(folder, "runs.sqlite"), { fsync });
  return createFileStore(folder, { onRepair: () => {}, calls: pointedCalls(points), fsync });
}

/** The first id that a run takes is its own, and it is known here beforehand; a process that carries one on takes fresh ones alone. */
const ids: string[] = [];
const agent = createAgent({
  name: "crash",
  model: createClient({ apiKey: "sim_key", baseURL: `${job.url}/v1` }).model("grok-4.7", { api: "chat" }),
  instructions: "Do what you are told.",
  tools: crashTools(act),
  store,
  runtime: { createId: () => ids.shift() ?? crypto.randomUUID() },
  ...(job.race === undefined ? {} : { leaseMs: job.race.leaseMs }),
});

async function act(effect: Happened, signal: AbortSignal): Promise<void> {
  points.at(`before the effect of ${effect.tool}`);
  await (await fetch(`${job.url}/effect`, { method: "POST", body: JSON.stringify(effect), signal })).text();
  points.at(`behind the effect of ${effect.tool}`);
}

async function carryOn(): Promise<Run> {
  const isThere = await store.read(job.runId).then(
    ({ events }) => events.length > 0, // a process may have died between the making of the record and its first event
    () => false,
  );
  const { approvals = {} } = job;
  if (isThere) return await agent.resume(job.runId, { approvals });
  ids.push(job.runId.replace(/^run_/, ""));
  return agent.stream("go", { conversation: `of ${job.runId}`, waiting: "leave" });
}

async function segment(): Promise<Said> {
  try {
    const result = await (await carryOn()).result();
    const waiting = result.status === "paused" ? result.waiting : [];
    const failed = result.status === "failed" ? { code: result.error.code } : {};
    return {
      type: "ended",
      status: result.status,
      waiting: waiting.map(({ callId, reason }) => ({ callId, reason })),
      ...failed,
      points: points.count,
    };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { type: "refused", code: error.code, message: error.message };
  }
}

/** Wants the run until it is done, or somebody has to decide. */
async function race(until: number): Promise<void> {
  while (Date.now() < until) {
    const said = await segment();
    say(said);
    if (said.type === "ended" && (said.status === "completed" || said.status === "paused")) return;
    if (said.type === "refused" && said.code === "run_ended") return;
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
  }
}

say({ type: "ready" });
if (job.race === undefined) say(await segment());
else await race(job.race.until);
process.exit(0); // and not when the connections that are kept open have timed out
