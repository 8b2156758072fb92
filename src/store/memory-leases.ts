import { checkLease, isHeld, type Lease, type LeaseOptions, leaseLost, RunLockedError } from "./lease.ts";

interface Held {
  epoch: number;
  owner: string;
  until: number;
}

export interface MemoryLeases {
  take(runId: string, options: LeaseOptions): Lease;
  /** Whether this may be written under: the epoch that holds, or none where nobody does. */
  check(runId: string, epoch: number | undefined): void;
  forget(runId: string): void;
}

/** Leases within this process. */
export function createMemoryLeases(now: () => number): MemoryLeases {
  const leases = new Map<string, Held>();
  let taken = 0;

  const refuseHeld = (runId: string, asked: Pick<LeaseOptions, "isGone"> = {}): void => {
    const held = leases.get(runId);
    if (held !== undefined && isHeld(held, asked, now())) throw new RunLockedError(runId, held, now());
  };
  const check = (runId: string, epoch: number | undefined): void => {
    const held = leases.get(runId);
    if (epoch === undefined) refuseHeld(runId);
    else if (held?.epoch !== epoch || held.until <= now()) throw leaseLost(runId, epoch);
  };
  return {
    check,
    forget: (runId) => void leases.delete(runId),
    take(runId, options) {
      checkLease(runId, options);
      refuseHeld(runId, options);
      taken += 1;
      const held: Held = { epoch: taken, owner: options.owner, until: now() + options.ttlMs };
      leases.set(runId, held);
      return {
        runId,
        owner: held.owner,
        epoch: held.epoch,
        get until() {
          return held.until;
        },
        async renew() {
          check(runId, held.epoch);
          held.until = now() + options.ttlMs;
        },
        async release() {
          if (leases.get(runId) === held) leases.delete(runId); // epochs grow over all runs, so none comes twice
        },
      };
    },
  };
}
