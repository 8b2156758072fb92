import { systemClock } from "../clock.ts";
import type { ModelRequest } from "../model/index.ts";
import { ownOptions } from "../own.ts";
import type { Endpoint, TransportRequest } from "../wire/index.ts";
import { type AttemptLog, createAttemptLog, type LoggedAttempt, logged } from "./attempt-log.ts";
import type { CallServices } from "./call.ts";
import { endpointsOf, logOf } from "./endpoints.ts";
import { createGuard } from "./guard.ts";
import type { ModelServices } from "./guarded-model.ts";
import type { ClientOptions } from "./options.ts";
import { createRetry } from "./retry.ts";
import { createRetryBudget } from "./retry-budget.ts";

/** What everything that a client does goes through. */
export interface ClientServices extends CallServices, ModelServices {
  /** Where models are asked: `endpoints`, which tell the log of what the models send. */
  modelEndpoints: readonly [Endpoint, ...Endpoint[]];
}

/** @throws {AgentError} `invalid_option`, `bad_base_url`, `insecure_base_url` */
export function createServices(given: ClientOptions): ClientServices {
  const options = ownOptions(given);
  const { clock = systemClock, random, retry = {}, maxInFlight = 64, protect = {} } = options;
  const { budget, ...policy } = retry;
  const endpoints = endpointsOf(options);
  const retryBudget = createRetryBudget(budget);
  const write = logOf(options);
  const log = write === undefined ? undefined : createAttemptLog(write, clock);
  const models = log === undefined ? undefined : createModelLog(log);
  return {
    endpoints,
    modelEndpoints: models === undefined ? endpoints : models.endpointsOf(endpoints),
    retry: createRetry({ policy, clock, budget: retryBudget, ...(random === undefined ? {} : { random }) }),
    guard: createGuard({
      hosts: endpoints.map(({ baseUrl }) => new URL(baseUrl).host),
      clock,
      maxInFlight,
      protect,
    }),
    retryBudget,
    log,
    logAttempt: models?.begin,
  };
}

interface ModelLog {
  begin(request: Pick<ModelRequest, "requestId" | "attempt">): LoggedAttempt;
  endpointsOf(endpoints: readonly [Endpoint, ...Endpoint[]]): readonly [Endpoint, ...Endpoint[]];
}

/** Models know nothing of logs: what they send is told apart by the id that we give each turn. */
function createModelLog(log: AttemptLog): ModelLog {
  const underWay = new Map<string, LoggedAttempt>();
  const attemptOf = ({ headers }: TransportRequest): LoggedAttempt | undefined =>
    underWay.get(headers["x-client-request-id"] ?? "");
  return {
    endpointsOf: ([first, ...others]) => [
      logged(first, attemptOf),
      ...others.map((endpoint) => logged(endpoint, attemptOf)),
    ],
    begin({ requestId, attempt = 1 }) {
      const mine = log.begin(attempt);
      if (requestId === undefined) return mine;
      underWay.set(requestId, mine);
      return {
        ...mine,
        end(ending) {
          if (underWay.get(requestId) === mine) underWay.delete(requestId);
          mine.end(ending);
        },
      };
    },
  };
}
