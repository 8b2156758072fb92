import type { Endpoint } from "../wire/index.ts";
import { type AttemptLog, type LoggedAttempt, logged } from "./attempt-log.ts";
import type { ClientParts } from "./completions.ts";
import type { Admission, Guard } from "./guard.ts";
import type { Ongoing } from "./pairs.ts";
import type { Retry } from "./retry.ts";

/** What all calls of a client share. */
export interface CallServices {
  /** In the order of preference; the first one answers what is no model request. */
  endpoints: readonly [Endpoint, ...Endpoint[]];
  retry: Retry;
  guard: Guard;
  log: AttemptLog | undefined;
}

/**
 * The parts of one call that asks a model: each attempt passes the guard, goes to the endpoint it names, and tells it how it
 * ended. A stream that was begun ends when its reader is done with it.
 */
export function modelCall({ endpoints, retry, guard, log }: CallServices): ClientParts {
  let attempt: LoggedAttempt | undefined;
  const ways = log === undefined ? endpoints : endpoints.map((endpoint) => logged(endpoint, () => attempt));
  let way: Endpoint = ways[0] ?? endpoints[0];
  return {
    endpoint: switching(() => way),
    retry: (make, hooks) =>
      retry(async (number) => {
        const admission = guard.admitAtOnce(ANY, hooks.signal) ?? (await admitted(guard, hooks.signal, log));
        way = ways[admission.route.endpoint] ?? way;
        const mine = log?.begin(number);
        attempt = mine;
        const end = async (ending: Parameters<LoggedAttempt["end"]>[0], tokens?: number): Promise<void> => {
          mine?.end(ending);
          for (const act of await admission.settle(ending, tokens)) log?.protection(act);
        };
        try {
          const value = await make(number);
          if (isOngoing(value)) watch(value, end);
          else await end({ ok: true }, tokensOf(value));
          return value;
        } catch (error) {
          await end({ ok: false, error });
          throw error;
        }
      }, hooks),
  };
}

/** The parts of one call that asks no model: each attempt is logged, and nothing else. */
export function plainCall({ endpoints: [endpoint], retry, log }: CallServices): ClientParts {
  if (log === undefined) return { endpoint, retry };
  let attempt: LoggedAttempt | undefined;
  return {
    endpoint: logged(endpoint, () => attempt),
    retry: (make, hooks) =>
      retry(async (number) => {
        const mine = log.begin(number);
        attempt = mine;
        try {
          const value = await make(number);
          mine.end({ ok: true });
          return value;
        } catch (error) {
          mine.end({ ok: false, error });
          throw error;
        }
      }, hooks),
  };
}

/** A call names its model itself. */
const ANY: readonly string[] = [""];

/** What there is to tell goes to the log: a call has no record. */
async function admitted(guard: Guard, signal: AbortSignal, log: AttemptLog | undefined): Promise<Admission> {
  const steps = guard.admit(ANY, signal);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
    log?.protection(step.value[0]);
  }
}

/** An endpoint that is what `current` says whenever a request is made. */
function switching(current: () => Endpoint): Endpoint {
  return {
    get baseUrl() {
      return current().baseUrl;
    },
    get host() {
      return current().host;
    },
    get transport() {
      return current().transport;
    },
    get waits() {
      return current().waits;
    },
    get clock() {
      return current().clock;
    },
    access: () => current().access(),
  };
}

function isOngoing(value: unknown): value is Ongoing {
  return typeof value === "object" && value !== null && "ended" in value && value.ended instanceof Promise;
}

function watch(
  { ended }: Ongoing,
  end: (ending: Parameters<LoggedAttempt["end"]>[0], tokens?: number) => Promise<void>,
): void {
  const done = ended.then(
    (whole) => end({ ok: true }, tokensOf(whole)),
    (error: unknown) => end({ ok: false, error }),
  );
  void done; // neither a log nor a guard throws here
}

/** What an answer says it used, on any of the three protocols. */
function tokensOf(answer: unknown): number | undefined {
  const usage = read(answer, "usage");
  const total = read(usage, "total_tokens");
  if (typeof total === "number") return total;
  const [input, output] = [read(usage, "input_tokens"), read(usage, "output_tokens")];
  if (typeof input !== "number" || typeof output !== "number") return undefined;
  const cached = [read(usage, "cache_read_input_tokens"), read(usage, "cache_creation_input_tokens")];
  return cached.reduce<number>((sum, tokens) => (typeof tokens === "number" ? sum + tokens : sum), input + output);
}

function read(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
