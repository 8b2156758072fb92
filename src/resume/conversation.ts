import { type Clock, sleep } from "../clock.ts";
import { sha256Of } from "../digest.ts";
import { AgentError } from "../errors.ts";
import { createFold, type RunState, resultOf, type StoredEvent, type TaintSource } from "../event/index.ts";
import type { Message } from "../message/index.ts";
import { type Lease, RunLockedError, type RunStore, type StoredRun } from "../store/index.ts";
import { leaseOf } from "./hold.ts";

/** What a run begins with that continues a conversation, or branches off a run. */
export interface Past {
  messages: readonly Message[];
  taint: readonly TaintSource[];
  /** The run it comes from; absent for the first of a conversation. */
  runId?: string;
  /** When the last run of the conversation began: another one begins after it. */
  startedAt?: number;
}

/** Whether a conversation can go on: it is ours, with what was said in it, or a run of it is still going on, or waits. */
export type Opened = { type: "ours"; lease?: Lease; past: Past } | { type: "busy"; runId?: string; why: string };

/** Takes a conversation, so that no other run begins in it. */
export async function openConversation(store: RunStore, id: string, ttlMs: number): Promise<Opened> {
  let lease: Lease | undefined;
  try {
    lease = await leaseOf(store, await leaseNameOf(id), ttlMs);
  } catch (error) {
    if (!(error instanceof RunLockedError)) throw error;
    return { type: "busy", why: "goes on in another run", ...idOf(await lastRun(store, id)) };
  }
  try {
    const last = await lastRun(store, id);
    const opened = await openAfter(store, last);
    if (opened.type === "busy") await lease?.release();
    return opened.type === "ours" && lease !== undefined ? { ...opened, lease } : opened;
  } catch (error) {
    await lease?.release();
    throw error;
  }
}

/** The conversation of a run that is resumed. @throws {RunLockedError} when that run, or another one, goes on in it. */
export async function leaseConversation(store: RunStore, id: string, ttlMs: number): Promise<Lease | undefined> {
  try {
    return await leaseOf(store, await leaseNameOf(id), ttlMs);
  } catch (error) {
    if (!(error instanceof RunLockedError)) throw error;
    // The name of its lease says nothing to anybody.
    throw new RunLockedError(
      `of the conversation ${JSON.stringify(id)}`,
      error,
      error.until - (error.retryAfterMs ?? 0),
    );
  }
}

/** A lease on a name that no run has: ids of conversations may hold any character. */
async function leaseNameOf(id: string): Promise<string> {
  return `conversation_${(await sha256Of(id)).slice(0, 40)}`;
}

async function lastRun(store: RunStore, conversation: string): Promise<StoredRun | undefined> {
  const [last] = await store.list({ conversation, limit: 1 });
  return last;
}

function idOf(run: StoredRun | undefined): { runId?: string } {
  return run === undefined ? {} : { runId: run.runId };
}

async function openAfter(store: RunStore, last: StoredRun | undefined): Promise<Opened> {
  if (last === undefined) return { type: "ours", past: { messages: [], taint: [] } };
  const { runId, status } = last;
  if (status === "open") return { type: "busy", runId, why: "has a run that did not end: resume or cancel it" };
  if (status === "paused") return { type: "busy", runId, why: "waits for a decision: decide and resume, or cancel it" };
  return { type: "ours", past: { ...(await pastOf(store, runId)), startedAt: last.startedAt } };
}

/**
 * What was said up to a point of a run, and where text from outside had come in: all of it, since nobody can say how far it reached.
 * @param count Messages to keep, counted as `result.messages` has them. Default: all.
 */
export async function pastOf(store: RunStore, runId: string, count?: number): Promise<Past> {
  const { events } = await store.read(runId);
  const { state } = createFold(events);
  const messages = messagesOf(state, events);
  if (count !== undefined && count > messages.length) {
    const message = `The run ${runId} has ${messages.length} messages, and none at ${count}. Give branch.messages from 0 to ${messages.length}.`;
    throw new AgentError("invalid_option", message);
  }
  const [source] = state.taint;
  const taint: TaintSource[] =
    source === undefined
      ? []
      : [{ by: "conversation", runId, ...(source.tool === undefined ? {} : { tool: source.tool }) }];
  return { messages: messages.slice(0, count), taint, runId };
}

function messagesOf(state: RunState, events: readonly StoredEvent[]): readonly Message[] {
  const result = resultOf(state);
  if (result !== undefined) return result.messages;
  const last = events.at(-1);
  if (last === undefined) return [];
  // A run that goes on, or whose process died: what it has come to so far, as if it ended here.
  const { closing: _none, ...open } = state;
  const closing = {
    type: "run.cancelled" as const,
    seq: last.seq + 1,
    runId: last.runId,
    turn: state.turn,
    at: last.at,
    reason: "",
  };
  return resultOf({ ...open, closing })?.messages ?? [];
}

const ASK_AGAIN_MS = 200;

/** Who waits for the conversations of a store in this process: the last of each. */
const queues = new WeakMap<RunStore, Map<string, Promise<unknown>>>();

/** A conversation that is waited for. */
export interface WaitedFor {
  store: RunStore;
  id: string;
  open: () => Promise<Opened>;
  clock: Clock;
  signal: AbortSignal;
}

/** Waits until the conversation is free. In the order in which they ask within a process; between processes, whoever comes first. */
export async function waitForConversation(asked: WaitedFor): Promise<Extract<Opened, { type: "ours" }>> {
  const queue = queues.get(asked.store) ?? new Map<string, Promise<unknown>>();
  queues.set(asked.store, queue);
  const before = queue.get(asked.id);
  const opening = (before ?? Promise.resolve()).then(() => askAgain(asked));
  const settled = opening.catch(() => {}); // whoever stands behind waits for its end, however it ends
  queue.set(asked.id, settled);
  try {
    return await opening;
  } finally {
    if (queue.get(asked.id) === settled) queue.delete(asked.id);
  }
}

async function askAgain({ open, clock, signal }: WaitedFor): Promise<Extract<Opened, { type: "ours" }>> {
  for (;;) {
    signal.throwIfAborted();
    const opened = await open();
    if (opened.type === "ours") return opened;
    await sleep(clock, ASK_AGAIN_MS, signal);
  }
}

export function busy(conversation: string, { runId, why }: Extract<Opened, { type: "busy" }>): AgentError {
  const run = runId === undefined ? "" : ` (${runId})`;
  return new AgentError(
    "conversation_busy",
    `The conversation ${JSON.stringify(conversation)} ${why}${run}. Wait for it, or start with onBusy: "queue" to begin after it, or "steer" to say it to that run.`,
    { retryable: true },
  );
}
