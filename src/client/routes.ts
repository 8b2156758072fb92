import type { Clock } from "../clock.ts";
import type { Protection } from "../message/index.ts";
import { markAtOnce } from "./at-once.ts";
import { createHealth } from "./health.ts";
import { isEndpointTrouble, isModelTrouble } from "./trouble.ts";

/** Where one request goes. */
export interface Route {
  /** Its place among the client's endpoints; 0 is the first one. */
  endpoint: number;
  model: string;
}

/** What can be asked, each in the order of preference. */
export interface Places {
  hosts: readonly string[];
  clock: Clock;
  coolDownMs: number;
  /** Whether an endpoint refuses requests by its circuit breaker. */
  isOpen(endpoint: number): boolean;
}

/**
 * Chooses the way of each request by how those before it went. Nothing is tried again here: an error that another way may mend is
 * marked, and whoever retries comes back and is sent that way.
 */
export interface Routes {
  choose(models: readonly string[]): Route;
  failed(route: Route, models: readonly string[], error: unknown): readonly Protection[];
  succeeded(route: Route): readonly Protection[];
}

export function createRoutes(places: Places): Routes {
  const { hosts, clock, coolDownMs, isOpen } = places;
  const endpoints = hosts.map((_, index) => index);
  const endpointHealth = createHealth<number>(clock);
  const modelHealth = createHealth<string>(clock);
  const isUsable = (endpoint: number): boolean => !isOpen(endpoint);
  const bestEndpoint = (): number => endpointHealth.best(endpoints, isUsable) ?? 0;
  const isReady = (endpoint: number): boolean => endpointHealth.isWell(endpoint) && isUsable(endpoint);
  return {
    choose: (models) => ({ endpoint: bestEndpoint(), model: modelHealth.best(models) ?? "" }),
    failed({ endpoint, model }, models, error) {
      const acts: Protection[] = [];
      const forMs = Math.max(coolDownMs, retryAfterOf(error));
      if (endpoints.length > 1 && isEndpointTrouble(error)) {
        const isNew = endpointHealth.leave(endpoint, forMs);
        const next = bestEndpoint();
        if (isReady(next)) {
          markAtOnce(error, "elsewhere");
          if (isNew) acts.push(failover(nameOf(hosts, endpoint), nameOf(hosts, next), forMs));
          return acts;
        }
      }
      if (models.length > 1 && isModelTrouble(error)) {
        const isNew = modelHealth.leave(model, forMs);
        const next = modelHealth.best(models) ?? model;
        if (!modelHealth.isWell(next)) return acts;
        markAtOnce(error, "other_model");
        if (isNew) acts.push(fallback(model, next, forMs));
      }
      return acts;
    },
    succeeded({ endpoint, model }) {
      const acts: Protection[] = [];
      if (endpointHealth.heal(endpoint)) acts.push(failoverEnded(nameOf(hosts, endpoint)));
      if (modelHealth.heal(model)) acts.push(fallbackEnded(model));
      return acts;
    },
  };
}

function retryAfterOf(error: unknown): number {
  const asked = typeof error === "object" && error !== null ? Reflect.get(error, "retryAfterMs") : undefined;
  return typeof asked === "number" ? asked : 0;
}

function nameOf(hosts: readonly string[], endpoint: number): string {
  return hosts[endpoint] ?? "";
}

function failover(host: string, instead: string, forMs: number): Protection {
  const message = `${host} failed and is left alone for ${forMs / 1000} s: ${instead} is asked instead.`;
  return { action: "failover", host, instead, forMs, message };
}

function failoverEnded(host: string): Protection {
  return { action: "failover.ended", host, message: `${host} works again and is asked as before.` };
}

function fallback(model: string, instead: string, forMs: number): Protection {
  const message = `${model} cannot answer and is left alone for ${forMs / 1000} s: ${instead} is asked instead.`;
  return { action: "fallback", model, instead, forMs, message };
}

function fallbackEnded(model: string): Protection {
  return { action: "fallback.ended", model, message: `${model} answers again and is asked as before.` };
}
