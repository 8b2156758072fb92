import type { Clock } from "../clock.ts";

/** What a client allows itself, to stay below the limits of its team. Absent: no limit. */
export interface RateLimitOptions {
  /** Requests begun in any 60 s. */
  requestsPerMinute?: number;
  /**
   * Tokens in and out, as servers report them when an answer is whole. What runs at the same time is held to be as large as
   * answers were so far; what was too much is waited off.
   */
  tokensPerMinute?: number;
}

/** Lets requests begin by the order of coming, as fast as the limits allow. */
export interface RateLimiter {
  /** Requests a minute, where that is limited. */
  readonly requestsPerMinute: number | undefined;
  /** Whether whoever comes now may begin at once. */
  isFree(): boolean;
  /**
   * Waits for its turn.
   * @returns what takes down the tokens that the request has used: 0 for none, undefined where nobody knows. The first time counts.
   * @throws `signal.reason` as soon as the signal is aborted.
   */
  enter(signal: AbortSignal): Promise<(tokens: number | undefined) => void>;
}

const MINUTE_MS = 60_000;

export function createRateLimiter({ requestsPerMinute, tokensPerMinute }: RateLimitOptions, clock: Clock): RateLimiter {
  const requests = createWindow(requestsPerMinute ?? Number.POSITIVE_INFINITY, clock);
  const tokens = createBucket(tokensPerMinute ?? Number.POSITIVE_INFINITY, clock);
  const waiting = new Set<() => void>();
  let cancel = (): void => {};
  const waitMs = (): number => Math.max(requests.waitMs(), tokens.waitMs());
  /** Lets in all that may begin now, and comes back when the next one may. */
  const admit = (): void => {
    cancel();
    for (const begin of waiting) {
      const leftMs = waitMs();
      if (leftMs > 0) {
        cancel = clock.after(Math.ceil(leftMs), admit);
        return;
      }
      waiting.delete(begin);
      begin();
    }
  };
  const begin = (): ((used: number | undefined) => void) => {
    requests.note();
    const settle = tokens.reserve();
    let isSettled = false;
    return (used) => {
      if (isSettled) return;
      isSettled = true;
      settle(used);
      admit();
    };
  };
  return {
    requestsPerMinute,
    isFree: () => waiting.size === 0 && waitMs() === 0,
    enter(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          waiting.delete(mine);
          if (waiting.size === 0) cancel();
          reject(signal.reason);
        };
        const mine = (): void => {
          signal.removeEventListener("abort", onAbort);
          resolve(begin());
        };
        signal.addEventListener("abort", onAbort);
        waiting.add(mine);
        admit();
      });
    },
  };
}

/** The last `max` beginnings: never more than that in any minute, also over the edge of two. */
function createWindow(max: number, clock: Clock): { waitMs(): number; note(): void } {
  if (max === Number.POSITIVE_INFINITY) return { waitMs: () => 0, note: () => {} };
  const begunMs: number[] = [];
  let next = 0;
  return {
    waitMs() {
      const oldest = begunMs[next];
      return oldest === undefined ? 0 : Math.max(0, oldest + MINUTE_MS - clock.monotonic());
    },
    note() {
      begunMs[next] = clock.monotonic();
      next = (next + 1) % max;
    },
  };
}

/** A bucket that fills up by itself, and may be in debt: what an answer costs is known when it is there. */
function createBucket(max: number, clock: Clock): { waitMs(): number; reserve(): (used: number | undefined) => void } {
  if (max === Number.POSITIVE_INFINITY) return { waitMs: () => 0, reserve: () => () => {} };
  const perMs = max / MINUTE_MS;
  const known = { tokens: 0, requests: 0 };
  let level = max;
  let filledMs = clock.monotonic();
  const fill = (): void => {
    const nowMs = clock.monotonic();
    level = Math.min(max, level + (nowMs - filledMs) * perMs);
    filledMs = nowMs;
  };
  return {
    waitMs() {
      fill();
      return level > 0 ? 0 : (1 - level) / perMs; // one token is what it takes to begin
    },
    reserve() {
      const expected = known.requests === 0 ? 0 : known.tokens / known.requests;
      fill();
      level -= expected;
      return (used) => {
        if (used === undefined) return;
        fill();
        level = Math.min(max, level + expected - used);
        if (used === 0) return; // refused, which says nothing of the size of answers
        known.tokens += used;
        known.requests += 1;
      };
    },
  };
}
