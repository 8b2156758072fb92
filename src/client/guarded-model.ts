import { AgentError } from "../errors.ts";
import {
  type CompactedConversation,
  type CompactRequest,
  checkSettings,
  type Model,
  type ModelEvent,
  type ModelRequest,
  type RetryBudget,
} from "../model/index.ts";
import type { LoggedAttempt } from "./attempt-log.ts";
import { type Admission, type Guard, told } from "./guard.ts";
import type { Route } from "./routes.ts";

/** What the models of a client share. */
export interface ModelServices {
  guard: Guard;
  retryBudget: RetryBudget;
  /** Begins the log of an attempt; absent without a log. */
  logAttempt: ((request: Pick<ModelRequest, "requestId" | "attempt">) => LoggedAttempt) | undefined;
}

/**
 * A model whose every attempt passes the client's guard. What the guard has to tell are events of the attempt.
 * @param names The model, and what may answer in its place.
 * @param make Makes the model of a route; it is kept, for it knows the conversations it has sent.
 */
export function guardedModel(
  services: ModelServices,
  names: readonly [string, ...string[]],
  make: (route: Route) => Model,
): Model {
  const kept = new Map<string, Model>();
  const modelOn = (route: Route): Model => {
    const key = `${route.endpoint} ${route.model}`;
    const model = kept.get(key) ?? make(route);
    kept.set(key, model);
    return model;
  };
  // Made at once, so that what cannot be is said when the model is made.
  const [first, ...others] = names.map((model) => modelOn({ endpoint: 0, model })) as [Model, ...Model[]]; // as many as names
  const { accepts, contextWindow, maxOutputTokens, host } = first;
  const choice: Choice = { ...services, names, modelOn };
  const takesAll: NonNullable<Model["accepts"]> = (serverTools, settings) => {
    accepts?.(serverTools, settings);
    for (const other of others) {
      checkSettings(other.id, settings);
      other.accepts?.(serverTools, settings);
    }
  };
  return {
    id: first.id,
    api: first.api,
    retryBudget: services.retryBudget,
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(host === undefined ? {} : { host }),
    accepts: takesAll,
    stream: (request, signal) => streamGuarded(choice, request, signal),
    ...(first.compact === undefined ? {} : { compact: (request, signal) => compactGuarded(choice, request, signal) }),
  };
}

interface Choice extends ModelServices {
  names: readonly string[];
  modelOn(route: Route): Model;
}

async function* streamGuarded(
  { guard, logAttempt, names, modelOn }: Choice,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly ModelEvent[]> {
  const admission = guard.admitAtOnce(names, signal) ?? (yield* guard.admit(names, signal));
  // The log tells attempts apart by their request id.
  const asked = logAttempt === undefined ? request : { requestId: crypto.randomUUID(), ...request };
  const attempt = logAttempt?.(asked);
  let used: number | undefined;
  try {
    for await (const events of modelOn(admission.route).stream(asked, signal)) {
      const last = events.at(-1);
      if (last?.type === "usage") used = last.usage.totalTokens;
      if (last?.type !== "turn") {
        yield events;
        continue;
      }
      attempt?.end({ ok: true });
      const settled = admission.settle({ ok: true }, last.turn.usage?.totalTokens);
      const acts = settled instanceof Promise ? await settled : settled;
      yield acts.length === 0 ? events : [...acts.flatMap(told), ...events];
    }
  } catch (error) {
    attempt?.end({ ok: false, error });
    const acts = await admission.settle({ ok: false, error }, used);
    if (acts.length > 0) yield acts.flatMap(told);
    throw error;
  } finally {
    // Does nothing where it is settled already; else the reader left, or the stream ended without a turn.
    attempt?.end({ ok: false, error: undefined });
    const settled = admission.settle({ ok: false, error: undefined }, used);
    if (settled instanceof Promise) await settled;
  }
}

async function compactGuarded(
  { guard, logAttempt, names, modelOn }: Choice,
  request: CompactRequest,
  signal: AbortSignal,
): Promise<CompactedConversation> {
  const tell = (events: readonly ModelEvent[]): void => {
    if (events.length > 0) request.onEvents?.(events);
  };
  const admission = await enter(guard, names, { signal, tell });
  const asked = logAttempt === undefined ? request : { requestId: crypto.randomUUID(), ...request };
  const attempt = logAttempt?.(asked);
  const end = async (ending: Parameters<LoggedAttempt["end"]>[0], tokens?: number): Promise<void> => {
    attempt?.end(ending);
    tell((await admission.settle(ending, tokens)).flatMap(told));
  };
  try {
    const compacted = await compactOn(modelOn(admission.route), asked, signal);
    await end({ ok: true }, compacted.usage?.totalTokens);
    return compacted;
  } catch (error) {
    await end({ ok: false, error });
    throw error;
  }
}

/** Another model that stands in for the first may be made for another protocol. */
function compactOn(model: Model, request: CompactRequest, signal: AbortSignal): Promise<CompactedConversation> {
  if (model.compact !== undefined) return model.compact(request, signal);
  throw new AgentError("unsupported_setting", `${model.id} cannot make a conversation short over ${model.api}.`);
}

async function enter(
  guard: Guard,
  names: readonly string[],
  { signal, tell }: { signal: AbortSignal; tell: (events: readonly ModelEvent[]) => void },
): Promise<Admission> {
  const steps = guard.admit(names, signal);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
    tell(step.value);
  }
}
