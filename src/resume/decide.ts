import { systemClock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { createFold, describeTaint, type LedgerEntry, type RunFold, type StoredEvent } from "../event/index.ts";
import { type ApprovalAnswer, answerSchema, type Letter, letterOf } from "../loop/index.ts";
import type { RunStore } from "../store/index.ts";

/** A call that waits for a decision, with all that a person needs to decide. */
export interface OpenApproval {
  runId: string;
  callId: string;
  tool: string;
  reason: "approval" | "untrusted" | "unknown_outcome";
  /** The arguments for people: deceiving characters escaped, length first. */
  shown: string;
  /** The arguments it runs with if it is allowed: the model's, or those that a person has changed them to. */
  input: unknown;
  /** What a decision is bound to: SHA-256 of tool, arguments and, where the outcome is unknown, of the attempt that is asked about. */
  hash: string;
  /** What its handler is given as `tool.key`: by it can be found out, elsewhere, whether it happened. */
  key: string;
  /** Where text from outside came from, when that is the reason. */
  taint?: string;
  /** Milliseconds since the epoch after which silence is a no. */
  expiresAt?: number;
  /** When it was asked, milliseconds since the epoch. */
  askedAt: number;
  /** What somebody has said, and the run has not read yet: it counts. */
  answer?: ApprovalAnswer;
}

/**
 * What became of a decision. `taken`: it is the first, and the run will read it. `decided`: somebody was first; `answer` is theirs,
 * where it is known. `late`: the call is done, the run has ended, the request has expired, or a later one about the call waits; nothing
 * changes.
 */
export type Decided =
  | { status: "taken"; answer: ApprovalAnswer }
  | { status: "decided"; answer?: ApprovalAnswer }
  | { status: "late" };

/** The calls of a run that wait for a decision. @throws {AgentError} `not_found`, and what the store throws. */
export async function openApprovals(store: RunStore, runId: string): Promise<readonly OpenApproval[]> {
  const { events } = await store.read(runId);
  const letters = (await store.inbox?.received(runId)) ?? [];
  return approvalsIn(runId, events, letters);
}

/** @param letters What lies in the run's inbox. */
export function approvalsIn(
  runId: string,
  events: readonly StoredEvent[],
  letters: readonly Letter[] = [],
): readonly OpenApproval[] {
  const fold = createFold(events);
  const waiting = waitingIn(fold);
  return waiting.map((entry) => {
    const request = events.findLast(
      (event) => event.type === "tool.approval.requested" && event.request === entry.approval.request,
    );
    const open = describe(runId, entry, request?.type === "tool.approval.requested" ? request : undefined);
    const letter = letters.find(({ name }) => name === letterOf(entry.approval));
    const said = letter === undefined ? undefined : answerSchema().safeParse(letter.value).data;
    return said === undefined ? open : { ...open, answer: said };
  });
}

type Waiting = LedgerEntry & { approval: NonNullable<LedgerEntry["approval"]> };

function waitingIn({ state }: RunFold): readonly Waiting[] {
  if (state.closing?.type === "run.completed") return [];
  return state.calls.filter(
    (entry): entry is Waiting =>
      entry.approval !== undefined && entry.approval.decision === undefined && entry.outcome === undefined,
  );
}

function describe(
  runId: string,
  { call, turn, index, input, approval }: Waiting,
  request: { at: number; taint?: Parameters<typeof describeTaint>[0] } | undefined,
): OpenApproval {
  const { reason, shown, hash, expiresAt } = approval;
  return {
    runId,
    callId: call.id,
    tool: call.tool,
    reason,
    shown,
    input: approval.input ?? input,
    hash,
    key: `${runId}/tool:${turn}.${index + 1}`,
    askedAt: request?.at ?? 0,
    ...(request?.taint === undefined ? {} : { taint: describeTaint(request.taint) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** A call of a run that waits for a decision. */
export interface ApprovalTarget {
  runId: string;
  callId: string;
}

/**
 * Decides on a call that waits, from any process. The run reads it when it looks next, or when it is resumed; the first decision
 * counts, and a second one, a late one, or one for other arguments changes nothing. Arguments that `input` changes are checked by the
 * run: where they do not fit its tool, nothing runs.
 * @param answer `hash`, where given, must be that of the request that was seen. To let a call run again whose outcome is not known it must be
 * given: the approval of the call itself, sent once more, would have its effect twice.
 * @throws {AgentError} `not_found` when the run has no such call, or nobody asked about it; `invalid_option` for an answer that cannot
 * be meant, `sticky` for a call whose tool did not ask, when its `hash` is of no request about the call, and when such a `hash` is missing.
 */
export async function resolveApproval(
  store: RunStore,
  target: ApprovalTarget,
  answer: ApprovalAnswer & { hash?: string },
): Promise<Decided> {
  const { inbox } = store;
  if (inbox === undefined) throw without(target.runId);
  const { events } = await store.read(target.runId);
  const send = (name: string, value: unknown): Promise<SentAnswer> => inbox.send(target.runId, name, value);
  return await decideOn({ events, send, nowMs: systemClock.now() }, target, answer);
}

type SentAnswer = { isFirst: boolean; value: unknown };

/** A record, and where decisions on its calls are laid. */
export interface Deciding {
  events: readonly StoredEvent[];
  send: (letter: string, answer: ApprovalAnswer) => SentAnswer | Promise<SentAnswer>;
  nowMs: number;
}

export async function decideOn(
  { events, send, nowMs }: Deciding,
  { runId, callId }: ApprovalTarget,
  answer: ApprovalAnswer & { hash?: string },
): Promise<Decided> {
  const { hash, ...said } = checkAnswer(answer);
  const fold = createFold(events);
  const entry = fold.state.calls.find(({ call }) => call.id === callId);
  if (entry?.approval === undefined) throw unasked(fold, runId, callId);
  const { approval } = entry;
  if (hash !== undefined && hash !== approval.hash) {
    if (wasAsked(events, callId, hash)) return { status: "late" };
    throw otherArguments(runId, callId);
  }
  const isOver = entry.outcome !== undefined || fold.state.closing?.type === "run.completed";
  // Silence has denied it then, though the run may not know yet.
  const hasExpired = approval.expiresAt !== undefined && approval.expiresAt <= nowMs;
  if (isOver || (hasExpired && approval.decision === undefined)) return { status: "late" };
  if (approval.decision !== undefined) return { status: "decided" };
  if (said.approve && approval.reason === "unknown_outcome" && hash === undefined)
    throw unseen(entry.call.tool, { runId, callId });
  if (said.approve && said.sticky === true && approval.reason !== "approval")
    throw eachAsked(entry.call.tool, { runId, callId });
  const sent = await send(letterOf(approval), said);
  if (sent.isFirst) return { status: "taken", answer: said };
  const first = answerSchema().safeParse(sent.value);
  return first.success ? { status: "decided", answer: first.data } : { status: "decided" };
}

/** An earlier request of the call had this hash: what is said of it once more changes nothing. */
function wasAsked(events: readonly StoredEvent[], callId: string, hash: string): boolean {
  return events.some(
    (event) => event.type === "tool.approval.requested" && event.call.id === callId && event.hash === hash,
  );
}

/** @throws {AgentError} `invalid_option` saying what an answer is. */
export function checkAnswer(answer: ApprovalAnswer & { hash?: string }): ApprovalAnswer & { hash?: string } {
  const { hash, ...said } = typeof answer === "object" && answer !== null ? answer : { approve: undefined };
  const parsed = answerSchema().safeParse(said);
  const isHash = hash === undefined || typeof hash === "string";
  if (parsed.success && isHash) return hash === undefined ? parsed.data : { ...parsed.data, hash };
  const [issue] = parsed.error?.issues ?? [];
  const what = issue === undefined ? "hash is no text" : `${issue.path.join(".") || "it"}: ${issue.message}`;
  throw new AgentError(
    "invalid_option",
    `The decision cannot be meant (${what}). Give { approve: true } or { approve: false, reason: "…" }; input, sticky and by may stand beside it.`,
  );
}

function unasked({ state }: RunFold, runId: string, callId: string): AgentError {
  const waiting = state.calls.filter((entry) => entry.approval !== undefined).map(({ call }) => call.id);
  const known = waiting.length === 0 ? "Nobody was asked about any call of it." : `Asked about: ${waiting.join(", ")}.`;
  return new AgentError("not_found", `The run ${runId} did not ask about a call ${JSON.stringify(callId)}. ${known}`);
}

function otherArguments(runId: string, callId: string): AgentError {
  const message = `The arguments of ${callId} in ${runId} are others than those that were decided on. Look at it again (openApprovals) and decide on that.`;
  return new AgentError("invalid_option", message);
}

function unseen(tool: string, { runId, callId }: ApprovalTarget): AgentError {
  const message = `The call ${callId} of ${tool} in ${runId} was begun, and nobody knows whether it happened: running it again may do it twice. Look at it (openApprovals), find out by its key, and to run it again give its hash with the decision: { approve: true, hash }.`;
  return new AgentError("invalid_option", message);
}

function eachAsked(tool: string, { runId, callId }: ApprovalTarget): AgentError {
  const message = `The call ${callId} of ${tool} in ${runId} does not wait because its tool asks: each such call is decided on, and nothing was decided. Leave sticky out.`;
  return new AgentError("invalid_option", message);
}

function without(runId: string): AgentError {
  const message = `The store of ${runId} has no inbox, so no decision can be laid there. Use createFileStore, createSqliteStore or createMemoryStore.`;
  return new AgentError("invalid_option", message);
}
