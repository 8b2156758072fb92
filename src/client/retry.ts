import { type Clock, sleep, systemClock } from "../clock.ts";
import { AgentError, type ErrorCode } from "../errors.ts";
import type { RetryBudget } from "../model/index.ts";
import { atOnce } from "./at-once.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { CONNECTION } from "./trouble.ts";

/** When to try again, and how long to wait before. */
export interface RetryPolicy {
  /** Attempts in all, the first included. Default 3. */
  attempts: number;
  /** Longest first wait where the server is busy or in trouble, milliseconds; doubles each time. Default 1,000. */
  baseMs: number;
  /** The same where the connection broke. Default 50. */
  connectionBaseMs: number;
  /** No wait of our own is longer, milliseconds. Default 20,000. */
  maxDelayMs: number;
  /** Longest wait a server may ask for, milliseconds; beyond it the error is final. Default 60,000. */
  maxRetryAfterMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 3,
  baseMs: 1000,
  connectionBaseMs: 50,
  maxDelayMs: 20_000,
  maxRetryAfterMs: 60_000,
};

/** These took minutes already: a second time is enough. */
const SLOW: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["headers_timeout", "idle_timeout"]);

/**
 * Milliseconds to wait after attempt number `attempt` failed, or undefined when the error is final. Full jitter: anything
 * between 0 and a bound that doubles. A wait the server asked for is obeyed, and stretched by up to a tenth, so that those
 * who were refused together do not come back together.
 * @param attempt From 1.
 * @param random From 0 to 1.
 */
export function retryDelayMs(
  error: AgentError,
  attempt: number,
  random: number,
  policy: RetryPolicy = DEFAULT_RETRY,
): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  const why = atOnce(error);
  if (why === "elsewhere" || why === "other_model") return 0; // whatever this way said, the next attempt takes another
  if (!error.retryable) return undefined;
  if (SLOW.has(error.code) && attempt > 1) return undefined;
  const asked = error.retryAfterMs;
  if (asked !== undefined) return asked <= policy.maxRetryAfterMs ? asked + asked * 0.1 * random : undefined;
  const base = CONNECTION.has(error.code) ? policy.connectionBaseMs : policy.baseMs;
  return random * Math.min(policy.maxDelayMs, base * 2 ** (attempt - 1));
}

/** What one retried thing needs. */
export interface RetryHooks {
  signal: AbortSignal;
  /** Why what failed must not be done again, as a sentence; undefined where it may be. Asked before a retry only. */
  refuse?: ((error: AgentError) => string | undefined) | undefined;
  /** Called, and awaited, before the wait for the next attempt; `attempt` is the one that failed, from 1. */
  onRetry?: (error: AgentError, delayMs: number, attempt: number) => void | Promise<void>;
}

export interface RetryOptions {
  policy?: Partial<RetryPolicy>;
  /** What every retry is paid from, shared with others. Default: one of its own. */
  budget?: RetryBudget;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number;
}

/** Makes attempts, numbered from 1, until one succeeds or its error is final. */
export type Retry = <T>(attempt: (attempt: number) => Promise<T>, hooks: RetryHooks) => Promise<T>;

/**
 * The one owner of retries: nothing below it tries again, and nothing above it should.
 * Rejects with the last `AgentError`, whose `attempts` says how many there were; with `signal.reason` as it is when the
 * signal is aborted; and with anything else thrown at once, as it is.
 */
export function createRetry(options: RetryOptions = {}): Retry {
  const { budget = createRetryBudget() } = options;
  return async (attempt, hooks) => {
    const first = await settle(attempt, 1, hooks.signal);
    const settled = "failed" in first ? await tryAgain(attempt, first.failed, { ...options, ...hooks, budget }) : first;
    if ("thrown" in settled) throw settled.thrown;
    budget.refund();
    return settled.value;
  };
}

/** Loaded when something is tried again: what succeeds at once needs none of it. */
let pRetry: typeof import("p-retry").default | undefined;

/** One thing retried, as `createRetry` does it. */
export async function withRetry<T>(
  attempt: (attempt: number) => Promise<T>,
  options: RetryOptions & RetryHooks,
): Promise<T> {
  return await createRetry(options)(attempt, options);
}

/** Goes on from a first attempt that failed. */
async function tryAgain<T>(
  attempt: (attempt: number) => Promise<T>,
  failed: AgentError,
  options: RetryOptions & RetryHooks & { budget: RetryBudget },
): Promise<{ value: T } | { thrown: unknown }> {
  const policy = { ...DEFAULT_RETRY, ...options.policy };
  const goesOn = createDecision(policy, options);
  pRetry ??= (await import("p-retry")).default;
  return await pRetry(
    async (number) => {
      const settled = number === 1 ? { failed } : await settle(attempt, number, options.signal);
      if ("failed" in settled) throw settled.failed;
      return settled;
    },
    {
      retries: Math.max(0, policy.attempts - 1),
      // The wait is ours: it obeys the clock and the signal that were given.
      minTimeout: 0,
      factor: 1,
      // `settle` lets nothing but our own errors get here.
      shouldRetry: ({ error, attemptNumber }) => goesOn(error as AgentError, attemptNumber),
    },
  );
}

/** Whether there is another attempt; waits until it is time for it. A final error that might have passed says why it is final. */
function createDecision(
  policy: RetryPolicy,
  {
    clock = systemClock,
    random = Math.random,
    budget,
    refuse,
    signal,
    onRetry,
  }: RetryOptions & RetryHooks & { budget: RetryBudget },
): (error: AgentError, attempt: number) => Promise<boolean> {
  let wasStale = false;
  return async (error, number) => {
    // A connection that was closed while it lay idle says nothing of the server: the first time, it costs nothing.
    const isStale = !wasStale && number < policy.attempts && atOnce(error) === "stale_socket";
    const delayMs = isStale ? 0 : retryDelayMs(error, number, random(), policy);
    if (delayMs === undefined) return false;
    const refusal = refuse?.(error);
    if (refusal !== undefined) {
      error.retryable = false;
      error.message += ` ${refusal}`;
      return false;
    }
    // Another server that is well has not failed anybody: the budget is there for the one that did.
    const isFree = isStale || atOnce(error) === "elsewhere";
    if (!isFree && !budget.take(error)) {
      error.message +=
        " It was not tried again: the retry budget of this client is used up, for too much failed of late.";
      return false;
    }
    wasStale ||= isStale;
    await onRetry?.(error, delayMs, number);
    if (delayMs > 0) await sleep(clock, delayMs, signal);
    return true;
  };
}

/**
 * Only errors of ours may reach p-retry: it has rules of its own for a bare `TypeError` and for what is no error, and an
 * abort must come out as it went in.
 */
async function settle<T>(
  attempt: (attempt: number) => Promise<T>,
  number: number,
  signal: AbortSignal,
): Promise<{ value: T } | { thrown: unknown } | { failed: AgentError }> {
  if (signal.aborted) return { thrown: signal.reason };
  try {
    return { value: await attempt(number) };
  } catch (error) {
    if (signal.aborted) return { thrown: signal.reason };
    if (!(error instanceof AgentError)) return { thrown: error };
    error.attempts = number;
    return { failed: error };
  }
}
