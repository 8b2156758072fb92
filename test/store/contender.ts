// One process among several that want one run. Argument: { kind, folder, id, count }. What it knows of each event goes to a file of its
// own before it goes on, and at the end it prints how often it was refused, by code.
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { AgentError } from "../../src/errors.ts";
import {
  createFileStore,
  createSqliteStore,
  isOwnerGone,
  type Lease,
  type LocalStore,
  processOwner,
} from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

interface Argument {
  kind: "files" | "sqlite";
  folder: string;
  id: string;
  /** Events to be acknowledged before it ends. */
  count: number;
}

const { kind, folder, id, count } = JSON.parse(process.argv[2] ?? "{}") as Argument; // written by the test beside this
const store: LocalStore =
  kind === "files"
    ? createFileStore(folder, { onRepair: () => {} })
    : createSqliteStore(join(folder, "runs.sqlite"), { busyTimeoutMs: 30_000 });
const refusals: Record<string, number> = {};
const note = (what: "acknowledged" | "refused", token: string): void =>
  appendFileSync(join(folder, `${id}.log`), `${what} ${token}\n`);

let tried = 0;
let acknowledged = 0;

/** Appends a few events under a lease. A refusal of the first kind ends it, and any other ends the process. */
async function hold(lease: Lease): Promise<void> {
  const { events } = await store.read("run_1").catch((error: AgentError) => {
    if (error.code === "not_found") return { events: [] };
    throw error;
  });
  for (let offset = 0; offset < 3 && acknowledged < count; offset += 1) {
    const seq = events.length + offset;
    const token = `${id}:${++tried}`;
    try {
      const event = seq === 0 ? { ...started("run_1"), agent: token } : completed("run_1", seq, token);
      store.append("run_1", [event], { epoch: lease.epoch });
    } catch (error) {
      note("refused", token);
      throw error;
    }
    note("acknowledged", token);
    acknowledged += 1;
    if (tried % 5 === 0) await lease.renew();
  }
  if (tried % 4 !== 0) await lease.release(); // else the others wait until it has ended
}

process.stdout.write("ready\n");
while (!existsSync(join(folder, "go"))) await new Promise((resolve) => setTimeout(resolve, 1));
while (acknowledged < count) {
  try {
    await hold(await store.lease("run_1", { owner: processOwner(), ttlMs: 150, isGone: isOwnerGone }));
  } catch (error) {
    const { code } = error as AgentError; // whatever else is thrown has another code, or none
    if (code !== "run_locked" && code !== "lease_lost") throw error;
    refusals[code] = (refusals[code] ?? 0) + 1;
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
}
process.stdout.write(`${JSON.stringify(refusals)}\n`);
