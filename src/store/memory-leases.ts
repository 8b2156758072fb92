import { checkLease, type Lease, type LeaseOptions, leaseLost, RunLockedError } from "./lease.ts";

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

  const check = (runId: string, epoch: number | undefined): void => {
    const held = leases.get(runId);
    const isHeld = held !== undefined && held.until > now();
    if (epoch !== undefined && !(isHeld && held.epoch === epoch)) throw leaseLost(runId, epoch);
    if (epoch === undefined && isHeld) throw new RunLockedError(runId, held, now());
  };
  return {
    check,
    forget: (runId) => void leases.delete(runId),
    take(runId, options) {
      checkLease(runId, options);
      check(runId, undefined);
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
          if (leases.get(runId) === held) held.until = 0;
        },
      };
    },
  };
}
