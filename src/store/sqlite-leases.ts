import { checkLease, isHeld, type Lease, type LeaseOptions, leaseLost, RunLockedError } from "./lease.ts";
import type { Database } from "./sqlite-database.ts";

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

/** Leases as rows. A row stays when its lease ends, so that epochs grow. */
export function createSqliteLeases(db: Database, now: () => number): SqliteLeases {
  const read = (runId: string): Held | undefined => {
    const row = db.sql("SELECT epoch, owner, until FROM leases WHERE run_id = ?").get(runId);
    return row === undefined
      ? undefined
      : { epoch: Number(row.epoch), owner: String(row.owner), until: Number(row.until) };
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
  const setUntil = (runId: string, epoch: number, until: number): void => {
    db.sql("UPDATE leases SET until = ? WHERE run_id = ? AND epoch = ?").run(until, runId, epoch);
  };
  return {
    check,
    take(runId, options) {
      const { owner, ttlMs } = options;
      checkLease(runId, options);
      const held = db.change(`The run ${runId} could not be leased`, () => {
        refuseHeld(runId, options);
        const taken: Held = { epoch: (read(runId)?.epoch ?? 0) + 1, owner, until: now() + ttlMs };
        db.sql("INSERT OR REPLACE INTO leases (run_id, epoch, owner, until) VALUES (?, ?, ?, ?)").run(
          runId,
          taken.epoch,
          owner,
          taken.until,
        );
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
            setUntil(runId, held.epoch, until);
            return until;
          });
        },
        async release() {
          db.change(`The lease of ${runId} could not be released`, () => setUntil(runId, held.epoch, 0));
        },
      };
    },
  };
}
