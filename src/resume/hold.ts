import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { StoredEvent } from "../event/index.ts";
import type { RunHold } from "../loop/index.ts";
import { isOwnerGone, type Lease, processOwner, type Repair, type RunStore } from "../store/index.ts";

/** How long the store keeps others out after the last sign of life, in milliseconds, unless set otherwise. */
export const LEASE_MS = 30_000;

/** A run in a store, before and while this process may write to it. */
export interface StoreHold extends RunHold {
  /**
   * Takes the run, and with it what else must not be anybody else's. Until then events are kept in memory alone.
   * @throws {RunLockedError} when somebody else has it.
   */
  take(also?: Lease): Promise<{ repaired?: Repair }>;
  /** Whatever `opening` takes while it is under way is let go of as well by `release`, which waits for it. */
  opening<T>(opening: Promise<T>): Promise<T>;
}

export interface HoldOptions {
  clock: Clock;
  /** Milliseconds; renewed at a third of it. */
  leaseMs: number;
}

export function createHold(store: RunStore, runId: string, { clock, leaseMs }: HoldOptions): StoreHold {
  const leases: Lease[] = [];
  let state: "before" | "held" | "over" = "before";
  let cancelTimer = (): void => {};
  let onLost: ((error: AgentError) => void) | undefined;
  let lost: AgentError | undefined;
  let underWay: Promise<unknown> | undefined;

  const lose = (error: AgentError): void => {
    if (lost !== undefined) return;
    lost = error;
    onLost?.(error);
  };
  const renew = async (): Promise<void> => {
    try {
      for (const lease of leases) await lease.renew();
    } catch (error) {
      // Whatever else the store says may pass; when the time of the lease is up, its next word is that it is lost.
      if (error instanceof AgentError && error.code === "lease_lost") return lose(error);
    }
    keepAlive();
  };
  const keepAlive = (): void => {
    if (state === "held") cancelTimer = clock.after(leaseMs / 3, () => void renew());
  };
  return {
    async take(also) {
      if (also !== undefined) leases.push(also);
      const lease = await leaseOf(store, runId, leaseMs);
      if (lease !== undefined) leases.unshift(lease);
      state = "held";
      if (leases.length > 0) keepAlive();
      return lease?.repaired === undefined ? {} : { repaired: lease.repaired };
    },
    opening(opening) {
      underWay = opening.catch(() => {}); // whoever opens is told
      return opening;
    },
    append(events: readonly StoredEvent[]) {
      if (state === "before") return undefined;
      // Handlers are stopped then, and what they say of that is no word on their calls: whoever goes on carries them out.
      if (lost !== undefined) throw lost;
      // What comes after the release is evidence of a handler that came too late: stored unless somebody else has the run.
      const epoch = state === "held" && leases[0]?.runId === runId ? leases[0].epoch : undefined;
      // What the store gives back is handed on: whoever records refuses a promise.
      return store.append(runId, events, epoch === undefined ? {} : { epoch });
    },
    onLost(listener) {
      onLost = listener;
      if (lost !== undefined) listener(lost);
    },
    async release() {
      if (state === "over") return;
      await underWay;
      state = "over";
      cancelTimer();
      for (const lease of leases) await lease.release().catch(() => {}); // it ends by itself
    },
  };
}

/** Undefined where the store has no leases: then only one process may write to a run, as it says. */
export async function leaseOf(store: RunStore, runId: string, ttlMs: number): Promise<Lease | undefined> {
  return await store.lease?.(runId, { owner: processOwner(), ttlMs, isGone: isOwnerGone });
}
