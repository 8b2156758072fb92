import type { CircuitBreakerPolicy } from "cockatiel";
import { type Clock, orAborted } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { Protection } from "../message/index.ts";
import { isEndpointTrouble } from "./trouble.ts";

/** A circuit breaker for each endpoint: after failures in a row it refuses requests for a while, then lets one try. */
export interface BreakerOptions {
  /** Failures of the endpoint in a row that open it. A 4xx is none. Default 5. */
  failures?: number;
  /** How long it refuses, milliseconds. Default 30,000. */
  openMs?: number;
}

/** The breaker of one endpoint. */
export interface Circuit {
  /** True while it refuses. */
  isOpen(): boolean;
  /**
   * Lets a request pass. While one request tries whether the endpoint is well again, others wait for what becomes of it.
   * @throws {AgentError} `circuit_open`; `signal.reason` as it is.
   */
  enter(signal: AbortSignal): Promise<CircuitPass>;
}

export interface CircuitPass {
  /** It tries whether the endpoint is well again. */
  isProbe: boolean;
  /** Takes down how the request ended. Returns what the breaker did, once for all requests. */
  settle(ending: Ending): Promise<readonly Protection[]>;
}

/** How a request ended: well, or with what was thrown. */
export type Ending = { ok: true } | { ok: false; error: unknown };

/** cockatiel's breaker, loaded with the first request, on our clock. */
interface Breaker {
  policy: CircuitBreakerPolicy;
  isProbing(): boolean;
  isRefusal(error: unknown): boolean;
}

export function createCircuit(options: BreakerOptions, { host, clock }: { host: string; clock: Clock }): Circuit {
  const { openMs = 30_000 } = options;
  const done: Protection[] = [];
  let openUntilMs = Number.NEGATIVE_INFINITY;
  let loading: Promise<Breaker> | undefined;
  const open = (cause: unknown): void => {
    openUntilMs = clock.monotonic() + openMs;
    done.push(opened(host, openMs, cause));
  };
  const isOpen = (): boolean => clock.monotonic() < openUntilMs;
  const close = (): void => {
    done.push({ action: "breaker.closed", host, message: `${host} works again: requests are made as usual.` });
  };
  return {
    isOpen,
    async enter(signal) {
      loading ??= load(options, { isOpen, open, close });
      const breaker = await loading;
      try {
        return await orAborted(pass(breaker, signal, done), signal);
      } catch (error) {
        throw breaker.isRefusal(error) ? refusal(host, openUntilMs - clock.monotonic()) : error;
      }
    },
  };
}

interface Notices {
  isOpen(): boolean;
  open(cause: unknown): void;
  close(): void;
}

async function load({ failures = 5 }: BreakerOptions, { isOpen, open, close }: Notices): Promise<Breaker> {
  const { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } = await import(
    "cockatiel"
  );
  const isProbing = (): boolean => policy.state === CircuitState.HalfOpen;
  // A try that nobody waited for says nothing: the breaker stays open.
  const isFailure = (error: unknown): boolean =>
    isEndpointTrouble(error) || (isProbing() && !(error instanceof AgentError));
  // Its own times are those of the machine: ours are told as "still long" or "over".
  const untilTry = {
    next: () => untilTry,
    get duration() {
      return isOpen() ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
  };
  const policy = circuitBreaker(handleWhen(isFailure), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: untilTry,
  });
  policy.onBreak((reason) => open("error" in reason ? reason.error : undefined));
  policy.onReset(close);
  return { policy, isProbing, isRefusal: (error) => error instanceof BrokenCircuitError };
}

/** The policy holds what it runs until it settles: here that is a promise which the end of the request settles. */
function pass({ policy, isProbing }: Breaker, signal: AbortSignal, done: Protection[]): Promise<CircuitPass> {
  return new Promise((resolve, reject) => {
    const running = policy.execute(() => {
      signal.throwIfAborted(); // whoever waited for another's try may have left
      const end = Promise.withResolvers<void>();
      resolve({
        isProbe: isProbing(),
        async settle(ending) {
          if (ending.ok) end.resolve();
          else end.reject(ending.error);
          await running.catch(() => {}); // the request's own error, which its caller has
          return done.splice(0);
        },
      });
      return end.promise;
    });
    running.catch(reject); // a refusal; what comes after the pass was given changes nothing
  });
}

function opened(host: string, forMs: number, cause: unknown): Protection {
  const why = cause instanceof AgentError ? ` (last: ${cause.code})` : "";
  const message = `${host} failed too often in a row${why}: no request is made to it for ${forMs / 1000} s.`;
  return { action: "breaker.opened", host, forMs, message };
}

function refusal(host: string, leftMs: number): AgentError {
  const retryAfterMs = Math.max(0, Math.ceil(leftMs));
  const message = `No request was made: the circuit breaker of ${host} is open after failures in a row, for ${Math.ceil(retryAfterMs / 1000)} s more. Try again then.`;
  return new AgentError("circuit_open", message, { retryAfterMs });
}
