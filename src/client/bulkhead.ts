import type { BulkheadPolicy } from "cockatiel";
import { orAborted } from "../clock.ts";
import { AgentError } from "../errors.ts";

/** A bound for what may be under way and may wait: beyond it requests are refused at once, instead of piling up. */
export interface BulkheadOptions {
  /** Model requests in flight. */
  concurrent: number;
  /** Requests that may wait for a place. Default 0. */
  queue?: number;
}

export interface Bulkhead {
  readonly max: number;
  /** True when whoever comes now must wait. */
  isFull(): boolean;
  /**
   * Waits for a place, and returns what frees it.
   * @throws {AgentError} `bulkhead_full`; `signal.reason` as it is.
   */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** The bulkhead is cockatiel's; it is loaded with the first request. */
export function createBulkhead({ concurrent, queue = 0 }: BulkheadOptions): Bulkhead {
  let loading: ReturnType<typeof load> | undefined;
  let policy: BulkheadPolicy | undefined;
  return {
    max: concurrent,
    isFull: () => policy !== undefined && policy.executionSlots === 0 && policy.queueSlots > 0,
    async enter(signal) {
      loading ??= load(concurrent, queue);
      const loaded = await loading;
      policy = loaded.policy;
      try {
        return await orAborted(place(loaded.policy, signal), signal);
      } catch (error) {
        throw loaded.isRefusal(error) ? refusal(concurrent, queue) : error;
      }
    },
  };
}

async function load(
  concurrent: number,
  queue: number,
): Promise<{ policy: BulkheadPolicy; isRefusal(error: unknown): boolean }> {
  const { BulkheadRejectedError, bulkhead } = await import("cockatiel");
  return { policy: bulkhead(concurrent, queue), isRefusal: (error) => error instanceof BulkheadRejectedError };
}

/** The policy holds what it runs until it settles: here that is a promise which the end of the request settles. */
function place(policy: BulkheadPolicy, signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const run = (): Promise<void> => {
      signal.throwIfAborted(); // whoever waited may have left
      const end = Promise.withResolvers<void>();
      resolve(end.resolve);
      return end.promise;
    };
    policy.execute(run, signal).catch(reject);
  });
}

function refusal(concurrent: number, queue: number): AgentError {
  const message = `No request was made: ${concurrent} are in flight and ${queue} wait, which is what protect.bulkhead allows. Try again later.`;
  return new AgentError("bulkhead_full", message);
}
