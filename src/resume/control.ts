import { systemClock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { createFold, type NewEvent, type StoredEvent } from "../event/index.ts";
import { checkUserMessage, type UserMessage } from "../message/index.ts";
import { RunLockedError, type RunStore } from "../store/index.ts";
import { saidHere } from "../tool/index.ts";
import { createHold, LEASE_MS } from "./hold.ts";

/**
 * What became of a message for a run of another process. `sent`: it lies in the run's inbox, where the run finds it before its next turn,
 * or when it is resumed. `ended`: the run had ended.
 */
export type Sent = { status: "sent"; letter: string } | { status: "ended" };

/** Adds a message before the next turn of a run, whichever process it is in. @throws {AgentError} `not_found`, `invalid_message`. */
export async function steerRun(store: RunStore, runId: string, message: string | UserMessage): Promise<Sent> {
  return await send(store, runId, { kind: "steer", value: asUserMessage(message) });
}

/** Adds a message for the moment the run would otherwise be done. @throws {AgentError} `not_found`, `invalid_message`. */
export async function followUpRun(store: RunStore, runId: string, message: string | UserMessage): Promise<Sent> {
  return await send(store, runId, { kind: "follow_up", value: asUserMessage(message) });
}

/**
 * Stops a run, whichever process it is in. One that nobody holds, because it waits or its process died, is closed at once.
 * @returns `cancelled` when it is closed, `sent` when its owner will find the word, `ended` when it had ended.
 * @throws {AgentError} `not_found`.
 */
export async function cancelRun(
  store: RunStore,
  runId: string,
  reason = "cancelled",
): Promise<Sent | { status: "cancelled" }> {
  const sent = await send(store, runId, { kind: "cancel", value: reason });
  if (sent.status === "ended") return sent;
  const hold = createHold(store, runId, { clock: systemClock, leaseMs: LEASE_MS });
  try {
    await hold.take();
  } catch (error) {
    if (error instanceof RunLockedError) return sent;
    throw error;
  }
  try {
    return close({ runId, reason, letter: sent.letter, ...(await store.read(runId)) }, hold.append);
  } finally {
    await hold.release();
  }
}

interface Closing {
  runId: string;
  reason: string;
  letter: string;
  events: readonly StoredEvent[];
}

/** A segment of nothing but the end, or the end of the one that its process did not live to close. */
function close(
  { runId, reason, letter, events }: Closing,
  append: (events: readonly StoredEvent[]) => void,
): { status: "ended" } | { status: "cancelled" } {
  const { state } = createFold(events);
  if (isOver(state.closing?.type)) return { status: "ended" };
  const { turn, started, resumed } = state;
  const cancelled: NewEvent = { type: "run.cancelled", turn, reason, letter };
  const { model = "", api = "", limits = {} } = resumed ?? started ?? {};
  const reopened: NewEvent[] = state.closing === undefined ? [] : [{ type: "run.resumed", turn, model, api, limits }];
  const at = systemClock.now();
  const seq = (events.at(-1)?.seq ?? -1) + 1;
  // Stamped as a journal does; the union distributes over both halves, which the compiler cannot follow through a spread.
  append([...reopened, cancelled].map((event, index) => ({ ...event, seq: seq + index, runId, at })) as StoredEvent[]);
  return { status: "cancelled" };
}

/** Paused runs go on, and so may those whose process died. */
function isOver(closing: string | undefined): boolean {
  return closing !== undefined && closing !== "run.paused";
}

async function send(
  store: RunStore,
  runId: string,
  { kind, value }: { kind: "steer" | "follow_up" | "cancel"; value: unknown },
): Promise<Sent> {
  const { inbox } = store;
  if (inbox === undefined) {
    const message = `The store of ${runId} has no inbox. Use createFileStore, createSqliteStore or createMemoryStore.`;
    throw new AgentError("invalid_option", message);
  }
  const { events } = await store.read(runId);
  if (isOver(createFold(events).state.closing?.type)) return { status: "ended" };
  const letter = `${kind}:${crypto.randomUUID()}`;
  await inbox.send(runId, letter, value);
  return { status: "sent", letter };
}

function asUserMessage(message: string | UserMessage): UserMessage {
  const given = typeof message === "string" ? { role: "user", content: message } : message;
  checkUserMessage(given, "The message");
  return saidHere(given);
}
