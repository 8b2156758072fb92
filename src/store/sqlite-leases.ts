import { checkLease, isHeld, type Lease, type LeaseOptions, leaseLost, RunLockedError } from "./lease.ts";
import type { Database } from "./sqlite-database.ts";
import { checksumOf, checkWhole } from "./sqlite-rows.ts";

export interface SqliteLeases {
  /** Whether this may be written under: the epoch that holds, or none where nobody does. Within a change. */
  check(runId: string, epoch: number | undefined): void;
  take(runId: string, options: LeaseOptions): Lease;
}

interface Held {
  epoch: number;
  owner: string;
  until: number;
}

function valuesOf(runId: string, { epoch, owner, until }: Held): [string, number, string, number] {
  return [runId, epoch, owner, until];
}

/** Leases as rows. A row stays when its lease ends, so that epochs grow. */
export function createSqliteLeases(db: Database, now: () => number): SqliteLeases {
  const read = (runId: string): Held | undefined => {
    const row = db.sql("SELECT epoch, owner, until, crc FROM leases WHERE run_id = ?").get(runId);
    if (row === undefined) return undefined;
    const held = { epoch: Number(row.epoch), owner: String(row.owner), until: Number(row.until) };
    checkWhole(row, valuesOf(runId, held), `The lease of ${runId}`);
    return held;
  };
  const refuseHeld = (runId: string, asked: Pick<LeaseOptions, "isGone"> = {}): void => {
    const held = read(runId);
    if (held !== undefined && isHeld(held, asked, now())) throw new RunLockedError(runId, held, now());
  };
  const check = (runId: string, epoch: number | undefined): void => {
    const held = read(runId);
    if (epoch === undefined) refuseHeld(runId);
    else if (held?.epoch !== epoch || held.until <= now()) throw leaseLost(runId, epoch);
  };
  const write = (runId: string, held: Held): void => {
    const values = valuesOf(runId, held);
    db.sql("INSERT OR REPLACE INTO leases (run_id, epoch, owner, until, crc) VALUES (?, ?, ?, ?, ?)").run(
      ...values,
      checksumOf(values),
    );
  };
  return {
    check,
    take(runId, options) {
      const { owner, ttlMs } = options;
      checkLease(runId, options);
      const held = db.change(`The run ${runId} could not be leased`, () => {
        refuseHeld(runId, options);
        const taken: Held = { epoch: (read(runId)?.epoch ?? 0) + 1, owner, until: now() + ttlMs };
        write(runId, taken);
        return taken;
      });
      return {
        runId,
        owner,
        epoch: held.epoch,
        get until() {
          return held.until;
        },
        async renew() {
          held.until = db.change(`The lease of ${runId} could not be renewed`, () => {
            check(runId, held.epoch);
            const until = now() + ttlMs;
            write(runId, { ...held, until });
            return until;
          });
        },
        async release() {
          db.change(`The lease of ${runId} could not be released`, () => {
            if (read(runId)?.epoch === held.epoch) write(runId, { ...held, until: 0 });
          });
        },
      };
    },
  };
}
