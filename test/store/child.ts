// One process among several over the same store. Argument: { kind, folder, task, id }. Prints one line of JSON.
import { join } from "node:path";
import type { AgentError } from "../../src/errors.ts";
import { createFileStore, createSqliteStore, type LocalStore } from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

interface Argument {
  kind: "files" | "sqlite";
  folder: string;
  task: "count" | "send" | "sleep" | "fill";
  id: string;
}

const { kind, folder, task, id } = JSON.parse(process.argv[2] ?? "{}") as Argument; // written by the test beside this
const store: LocalStore =
  kind === "files" ? createFileStore(folder, { onRepair: () => {} }) : createSqliteStore(join(folder, "runs.sqlite"));

/** Takes the lease again and again, and appends an event each time, until there are enough. */
async function count(): Promise<unknown> {
  const own: number[] = [];
  let refused = 0;
  while (own.length < 15) {
    try {
      const lease = await store.lease("run_1", { owner: id, ttlMs: 10_000 });
      const { events } = await store.read("run_1").catch(() => ({ events: [] }));
      const event = events.length === 0 ? started("run_1") : completed("run_1", events.length, id);
      store.append("run_1", [event], { epoch: lease.epoch });
      own.push(event.seq);
      await lease.release();
    } catch (error) {
      const { code } = error as AgentError; // whatever else is thrown has another code, or none
      if (code !== "run_locked") throw error;
      refused += 1;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { own, refused };
}

async function send(): Promise<unknown> {
  const first: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    if ((await store.inbox.send("run_1", `decision:${index}`, id)).isFirst) first.push(`decision:${index}`);
  }
  return { first };
}

/** Appends under a lease as fast as it can, until that is refused; it is stopped and woken by the test. */
async function sleep(): Promise<unknown> {
  const lease = await store.lease("run_1", { owner: id, ttlMs: 400 });
  let acknowledged = 0;
  process.stdout.write("ready\n");
  for (;;) {
    try {
      store.append("run_1", [acknowledged === 0 ? started("run_1") : completed("run_1", acknowledged, id)], {
        epoch: lease.epoch,
      });
      acknowledged += 1;
      // Whoever is stopped within a transaction of SQLite keeps all others out until it goes on, so it stops itself between two.
      if (kind === "sqlite" && acknowledged === 10) process.kill(process.pid, "SIGSTOP");
      if (acknowledged % 20 === 0) await lease.renew();
    } catch (error) {
      return { acknowledged, code: (error as AgentError).code };
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Appends under a lease until the disk has no room. */
async function fill(): Promise<unknown> {
  let acknowledged = 0;
  try {
    const lease = await store.lease("run_1", { owner: id, ttlMs: 60_000 });
    for (; ; acknowledged += 1) {
      const event = acknowledged === 0 ? started("run_1") : completed("run_1", acknowledged, "x".repeat(300));
      store.append("run_1", [event], { epoch: lease.epoch });
    }
  } catch (error) {
    return { acknowledged, code: (error as AgentError).code };
  }
}

process.stdout.write(`${JSON.stringify(await { count, send, sleep, fill }[task]())}\n`);
