import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { Protection, ProtectionAction } from "../message/index.ts";
import { type Bulkhead, createBulkhead } from "./bulkhead.ts";
import { type Circuit, type CircuitPass, createCircuit, type Ending } from "./circuit.ts";
import type { ProtectOptions } from "./protect-options.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limit.ts";
import { createRoutes, type Route, type Routes } from "./routes.ts";
import { createSlots } from "./slots.ts";

/** What every model request of a client passes before it is sent. */
export interface Guard {
  /**
   * Waits until a request may be made, and says where it goes. Yields what there is to tell, before it is waited for.
   * @param models What may answer, in the order of preference.
   * @throws {AgentError} `bulkhead_full`, `circuit_open`; `signal.reason` as it is.
   */
  admit(models: readonly string[], signal: AbortSignal): AsyncGenerator<Told, Admission>;
  /** The same where there is nothing to wait for and nothing to tell, which is the rule; undefined where there may be. */
  admitAtOnce(models: readonly string[], signal: AbortSignal): Admission | undefined;
}

/** What there is to tell, as an event of a model: a stream hands it on as it is. */
export type Told = readonly [Protection & { type: "protection" }];

export function told(act: Protection): Told {
  return [{ type: "protection", ...act }];
}

/** A request under way. Whoever has it settles or leaves it. */
export interface Admission {
  readonly route: Route;
  /**
   * Takes down how it ended and what it used, frees its place, and returns what there is to tell; without a promise where nothing is
   * waited for. Only the first time counts.
   */
  settle(ending: Ending, tokens: number | undefined): readonly Protection[] | Promise<readonly Protection[]>;
}

export interface GuardOptions {
  /** The hosts of the client's endpoints, the first one first. */
  hosts: readonly string[];
  clock: Clock;
  maxInFlight: number;
  protect: ProtectOptions;
}

interface Stations {
  bulkhead: Bulkhead | undefined;
  limiter: RateLimiter | undefined;
  circuits: readonly Circuit[];
  routes: Routes;
}

export function createGuard({ hosts, clock, maxInFlight, protect }: GuardOptions): Guard {
  const { breaker, bulkhead, rateLimit, coolDownMs = 30_000 } = protect;
  const circuits = breaker === undefined ? [] : hosts.map((host) => createCircuit(breaker, { host, clock }));
  const isOpen = (endpoint: number): boolean => circuits[endpoint]?.isOpen() ?? false;
  const slots = createSlots(maxInFlight);
  const stations: Stations = {
    bulkhead: bulkhead === undefined ? undefined : createBulkhead(bulkhead),
    limiter: rateLimit === undefined ? undefined : createRateLimiter(rateLimit, clock),
    circuits,
    routes: createRoutes({ hosts, clock, coolDownMs, isOpen }),
  };
  return {
    admitAtOnce(models, signal) {
      signal.throwIfAborted();
      if (bulkhead !== undefined || rateLimit !== undefined || breaker !== undefined) return undefined;
      const free = slots.take();
      if (free === undefined) return undefined;
      const held = createHeld(signal);
      held.add(free);
      return admission(stations, {
        route: stations.routes.choose(models),
        models,
        held,
        used: ignore,
        circuit: undefined,
      });
    },
    async *admit(models, signal) {
      const held = createHeld(signal);
      let circuit: CircuitPass | undefined;
      let isAdmitted = false;
      try {
        const startedMs = clock.monotonic();
        const hasQueues = bulkhead !== undefined || rateLimit !== undefined;
        const { used, hasWaited } = hasQueues ? yield* waitInQueues(stations, held, signal) : NO_QUEUES;
        const mustWait = slots.isFull();
        if (mustWait) yield told(queued(maxInFlight, "maxInFlight"));
        held.add(await slots.enter(signal));
        if (hasWaited || mustWait) yield told(admitted(clock.monotonic() - startedMs));
        const route = stations.routes.choose(models);
        const breaks = stations.circuits[route.endpoint];
        if (breaks !== undefined) circuit = await breaks.enter(signal);
        if (circuit?.isProbe === true) yield told(probing(hosts[route.endpoint] ?? ""));
        isAdmitted = true;
        return admission(stations, { route, models, held, used, circuit });
      } catch (error) {
        const refused = refusalOf(error);
        if (refused !== undefined) yield told(refused);
        throw error;
      } finally {
        if (!isAdmitted) {
          held.free();
          await circuit?.settle({ ok: false, error: undefined });
        }
      }
    },
  };
}

interface Passed {
  used: (tokens: number | undefined) => void;
  hasWaited: boolean;
}

/** Nobody counts tokens. */
function ignore(): void {}

const NO_QUEUES: Passed = { used: ignore, hasWaited: false };

/** Waits in the queues, of which none is passed while a place in flight is held. */
async function* waitInQueues(
  { bulkhead, limiter }: Stations,
  held: Held,
  signal: AbortSignal,
): AsyncGenerator<Told, Passed> {
  let hasWaited = false;
  if (bulkhead !== undefined) {
    if (bulkhead.isFull()) {
      hasWaited = true;
      yield told(queued(bulkhead.max, "protect.bulkhead"));
    }
    held.add(await bulkhead.enter(signal));
  }
  let used: Passed["used"] = ignore;
  if (limiter !== undefined) {
    if (!limiter.isFree()) {
      hasWaited = true;
      yield told(throttled(limiter));
    }
    used = await limiter.enter(signal);
    held.add(() => used(0)); // for what is not sent, or aborted; otherwise it is told before
  }
  return { used, hasWaited };
}

interface Admitted {
  route: Route;
  models: readonly string[];
  held: Held;
  used: Passed["used"];
  circuit: CircuitPass | undefined;
}

function admission({ routes }: Stations, { route, models, held, used, circuit }: Admitted): Admission {
  let isSettled = false;
  return {
    route,
    settle(ending, tokens) {
      if (isSettled) return [];
      isSettled = true;
      used(ending.ok ? tokens : (tokens ?? 0));
      held.free();
      const reroute = (): readonly Protection[] =>
        ending.ok ? routes.succeeded(route) : routes.failed(route, models, ending.error);
      return circuit === undefined ? reroute() : circuit.settle(ending).then((acts) => [...acts, ...reroute()]);
    },
  };
}

/** The places that a request holds. They are free again when it is settled, or at once when it is aborted: not every transport obeys. */
interface Held {
  add(release: () => void): void;
  free(): void;
}

function createHeld(signal: AbortSignal): Held {
  const releases: (() => void)[] = [];
  let isFree = false;
  const free = (): void => {
    if (isFree) return;
    isFree = true;
    if (releases.length > 0) signal.removeEventListener("abort", free);
    for (const release of releases) release();
  };
  return {
    add(release) {
      if (isFree || signal.aborted) return release();
      if (releases.length === 0) signal.addEventListener("abort", free); // who holds nothing need not be told
      releases.push(release);
    },
    free,
  };
}

function queued(limit: number, option: string): Protection {
  const message = `${limit} model requests of this client are in flight: this one waits for its turn (${option}).`;
  return { action: "queued", limit, message };
}

function throttled({ requestsPerMinute }: RateLimiter): Protection {
  const message = "The client's own rate limit is reached: this request waits for its turn (protect.rateLimit).";
  return requestsPerMinute === undefined
    ? { action: "throttled", message }
    : { action: "throttled", limit: requestsPerMinute, message };
}

function admitted(waitedMs: number): Protection {
  return { action: "admitted", waitedMs, message: `The wait is over after ${Math.round(waitedMs)} ms.` };
}

function probing(host: string): Protection {
  return { action: "breaker.probing", host, message: `This request tries whether ${host} works again.` };
}

const REFUSALS: Readonly<Record<string, ProtectionAction>> = {
  bulkhead_full: "bulkhead.refused",
  circuit_open: "breaker.refused",
};

function refusalOf(error: unknown): Protection | undefined {
  const action = error instanceof AgentError ? REFUSALS[error.code] : undefined;
  // An action is only there where it is an error of ours.
  return action === undefined ? undefined : { action, message: (error as AgentError).message };
}
