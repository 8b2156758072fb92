import { orAborted } from "../clock.ts";
import { AgentError, errorInfo } from "../errors.ts";
import type { FailedAttempt, LimitUse, NewDelta, NewEvent } from "../event/index.ts";
import type { Op } from "../journal/index.ts";
import type { ModelEvent, ModelTurn } from "../model/index.ts";
import { type Attempt, firstAttempt, nextAttempt, servedIn } from "./attempt.ts";
import type { TurnPosition } from "./loop.ts";
import { asEstimate, closingEvents } from "./model-closing.ts";
import { advise, isOverflow, makeRoom, refuseWhatCannotFit } from "./overflow.ts";
import { requestFor } from "./request.ts";
import { noRoom } from "./room.ts";
import type { ServedEvent } from "./served.ts";
import type { LoopServices } from "./services.ts";

/**
 * The step that asks the model: attempts until a turn is whole. Each attempt is an epoch of its own, so that what a
 * failed one showed is void and what it cost is still counted. A conversation that turns out too long is made shorter once.
 */
export function createModelOp(services: LoopServices): Op<TurnPosition> {
  return {
    id: "model",
    async run({ turn }, info) {
      const asked = { attempt: firstAttempt(services, info, turn) };
      // What attempts of another segment used is known only now.
      const full = info.before.length === 0 ? undefined : noRoomFor(services, asked.attempt);
      if (full !== undefined) return void (await info.record({ type: "run.limited", turn, ...full }));
      for (let isShorter = false; ; isShorter = true) {
        try {
          return await ask(services, asked, info.signal);
        } catch (error) {
          if (asked.attempt.stage === "whole") return; // stopped between the end of the turn and the next step
          if (isShorter || !(await canGoOn(services, asked.attempt, error))) {
            return await fail(services, asked.attempt, error);
          }
          await giveUp(asked.attempt, error, 0);
          asked.attempt = nextAttempt(services, asked.attempt, asked.attempt.number + 1);
        }
      }
    },
  };
}

/** The attempt under way. */
interface Asked {
  attempt: Attempt;
}

function ask(services: LoopServices, asked: Asked, signal: AbortSignal): Promise<void> {
  const before = asked.attempt.number - 1; // made before the conversation was made shorter
  return services.retry(
    (number) => {
      if (number > 1) asked.attempt = nextAttempt(services, asked.attempt, before + number);
      // A model that ignores its signal does not hold the run.
      return orAborted(makeAttempt(services, asked.attempt), signal);
    },
    {
      signal,
      refuse() {
        const why = whyNotAgain(asked.attempt);
        if (why !== undefined) return why;
        asked.attempt.full = noRoomFor(services, asked.attempt);
        return asked.attempt.full && noRoomAgain(asked.attempt.full);
      },
      onRetry: (error, delayMs) => void giveUp(asked.attempt, error, delayMs),
    },
  );
}

/** Another attempt follows. Of one that was never sent there is nothing to say. */
function giveUp(attempt: Attempt, error: unknown, delayMs: number): Promise<void> | void {
  const isSent = attempt.stage === "open";
  const recorded = isSent && attempt.info.record({ type: "turn.retrying", delayMs, ...failedAttempt(attempt, error) });
  attempt.stage = "void";
  if (recorded !== false) return recorded;
}

/** Whether the turn can be tried again with a shorter conversation. */
async function canGoOn(services: LoopServices, attempt: Attempt, error: unknown): Promise<boolean> {
  const { turn, info } = attempt;
  if (!isOverflow(error) || whyNotAgain(attempt) !== undefined) return false;
  try {
    if (!(await makeRoom(services, { turn, info }, error))) return false;
    attempt.full = noRoomFor(services, attempt);
    return attempt.full === undefined;
  } catch (thrown) {
    if (!info.signal.aborted) throw thrown;
    return false; // stopped meanwhile
  }
}

/**
 * Ends the step with the error, or the run at the limit that left no room for another attempt. Stopped before the attempt was made or in
 * the wait for the next one, there is nothing more to say of it.
 */
async function fail({ room }: LoopServices, attempt: Attempt, error: unknown): Promise<void> {
  const { info, turn, full } = attempt;
  if (isOverflow(error)) advise(error, room);
  if (attempt.stage === "open") await info.record({ type: "turn.failed", ...failedAttempt(attempt, error) });
  if (full === undefined || info.signal.aborted) throw error;
  await info.record({ type: "run.limited", turn, ...full });
}

async function makeAttempt(services: LoopServices, attempt: Attempt): Promise<void> {
  const { model, clock } = services;
  const request = requestFor(services, attempt);
  refuseWhatCannotFit(services, request);
  attempt.stage = "open";
  attempt.startedMs = clock.monotonic();
  let whole: ModelTurn | undefined;
  const { signal } = attempt.info;
  for await (const events of model.stream(request, signal)) {
    signal.throwIfAborted(); // what comes after the stop is nobody's
    const shown = showBatch(services, attempt, events);
    if (shown !== undefined) await shown; // no promise where there is nothing to wait for: this runs for every read
    const last = events.at(-1);
    if (last?.type === "turn") whole = last.turn;
  }
  if (whole === undefined) throw neverWhole(model.id);
  const closing = closingEvents(services, attempt, whole);
  const events = closing instanceof Promise ? await closing : closing;
  signal.throwIfAborted();
  const recorded = attempt.info.record(...events);
  attempt.stage = "whole";
  if (recorded !== undefined) await recorded;
}

/** Shows what came with one read, in its order: fragments to the viewers, what is final on the record. */
function showBatch(services: LoopServices, attempt: Attempt, events: readonly ModelEvent[]): Promise<void> | void {
  const nowMs = services.clock.monotonic();
  let deltas: NewDelta[] = [];
  let waits: Promise<unknown>[] | undefined;
  const wait = (promise: Promise<void> | void): void => {
    if (promise !== undefined) waits = [...(waits ?? []), promise];
  };
  const flush = (): void => {
    if (deltas.length === 0) return;
    attempt.firstDeltaMs ??= nowMs - attempt.startedMs;
    wait(attempt.info.emit(deltas));
    deltas = [];
  };
  for (const event of events) {
    const stored = isServed(event) ? seen(services, attempt, event) : sort(attempt, event, deltas);
    if (stored.length === 0) continue;
    flush();
    wait(attempt.info.record(...stored));
  }
  flush();
  if (waits !== undefined) return Promise.all(waits).then(() => undefined);
}

const NOTHING: readonly NewEvent[] = [];

function isServed(event: ModelEvent): event is ServedEvent {
  return event.type === "tool.started" || event.type === "tool.input" || event.type === "tool.executing";
}

/** A call that xAI makes. */
function seen(services: LoopServices, attempt: Attempt, event: ServedEvent): readonly NewEvent[] {
  if (event.call.kind === "mcp") attempt.calledMcp = event.call.tool;
  return servedIn(attempt, services).see(event);
}

/** Adds a fragment to `deltas`; returns what is to be recorded. */
function sort(attempt: Attempt, event: Exclude<ModelEvent, ServedEvent>, deltas: NewDelta[]): readonly NewEvent[] {
  switch (event.type) {
    case "text.delta":
      attempt.shown.text += event.delta.length;
      deltas.push(event);
      return NOTHING;
    case "reasoning.delta":
      attempt.shown.reasoning += event.delta.length;
      deltas.push(event);
      return NOTHING;
    case "tool.input.delta":
      deltas.push(event);
      return NOTHING;
    case "usage":
      attempt.used = event;
      return NOTHING;
    case "answered":
      attempt.simulated = true;
      return NOTHING;
    case "turn": // the last of its stream; recorded when the stream has ended
      return NOTHING;
    case "wire":
    case "warning":
    case "cache.missed":
      return [{ ...event, turn: attempt.turn }];
    case "protection":
      // Time in a queue of ours is not the model's.
      if (event.action === "admitted") attempt.startedMs += event.waitedMs ?? 0;
      return [{ ...event, turn: attempt.turn }];
    default:
      return event satisfies never;
  }
}

/** What an MCP server did may not bear doing twice: then the caller decides. */
function whyNotAgain({ calledMcp }: Attempt): string | undefined {
  if (calledMcp === undefined) return undefined;
  return `The turn is not tried again: xAI had called the MCP server ${calledMcp} in it, and would call it again.`;
}

function failedAttempt(
  { turn, number, shown, used, simulated }: Attempt,
  error: unknown,
): FailedAttempt & { turn: number } {
  const failed: FailedAttempt & { turn: number } = { turn, attempt: number, error: errorInfo(error), discarded: shown };
  if (used !== undefined) {
    failed.usage = used.usage;
    failed.cost = simulated === true ? asEstimate(used.cost) : used.cost;
  }
  if (simulated === true) failed.simulated = true;
  return failed;
}

function neverWhole(model: string): AgentError {
  return new AgentError("stream_incomplete", `The stream of ${model} ended before its turn was whole.`, {
    retryable: true,
  });
}

/** The limit that has no room for an attempt after this one. */
function noRoomFor(services: LoopServices, { turn, used }: Attempt): LimitUse | undefined {
  return noRoom(services, { isFinal: services.record.fold.state.final?.turn === turn, failed: used });
}

function noRoomAgain({ limit, used, max }: LimitUse): string {
  return `The turn is not tried again: limits.${limit} has no room for another attempt (${used} of ${max} used).`;
}
