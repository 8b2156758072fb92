import type { OpenApproval, StoredEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import type { FakeClock } from "../support/fake-clock.ts";

/** What a person says to a call. */
export interface Said {
  approve: boolean;
  by: string;
  /** The argument instead of the model's. */
  changed: number | undefined;
  sticky: boolean;
  /** Whether they say what they have seen: the hash of it, none, or that of something else. */
  hash: "seen" | "none" | "other";
}

export interface Effect {
  key: string;
  tool: string;
  n: number;
}

/** The first thing that was said of a request, in time and with what was seen: what counts. */
export interface Entry {
  asked: OpenApproval;
  said: Said;
}

/** The last request about a call that is undecided, by what decisions on it are laid down. */
export function requestOf(record: readonly StoredEvent[], callId: string): Request | undefined {
  const asked = record.findLast((event) => event.type === "tool.approval.requested" && event.call.id === callId);
  if (asked?.type !== "tool.approval.requested") return undefined;
  const { request, hash, reason, expiresAt = Number.POSITIVE_INFINITY, epoch } = asked;
  const isWhole =
    reason === "unknown_outcome" || record.some(({ type, epoch: of }) => type === "turn.completed" && of === epoch);
  const isDone = record.some(
    (event) =>
      (event.type === "tool.approval.resolved" && event.request === request && event.seq > asked.seq) ||
      (event.type === "tool.completed" && event.call.id === callId),
  );
  const isOver = record.at(-1)?.type === "run.completed";
  if (!isWhole || isDone || isOver) return undefined;
  return { letter: `${request}/${hash}`, hash, reason, expiresAt };
}

interface Request {
  letter: string;
  hash: string;
  reason: string;
  expiresAt: number;
}

/** By the rules of the design, not by what the code says. */
export function isFirst(
  request: Request,
  asked: OpenApproval,
  { approve, hash, sticky }: Said,
  clock: FakeClock,
): boolean {
  if (approve && sticky && request.reason !== "approval") return false;
  if (clock.now() >= request.expiresAt || hash === "other") return false;
  if (hash === "seen") return asked.hash === request.hash;
  return !(approve && request.reason === "unknown_outcome");
}

interface Outcome {
  record: readonly StoredEvent[];
  effects: readonly Effect[];
  book: ReadonlyMap<string, Entry>;
}

/** What happened that nobody had allowed, or oftener than they had, and what the record says that cannot be. */
export function wrongWith({ record, effects, book }: Outcome): readonly string[] {
  const yes = [...book.values()].filter(({ said }) => said.approve);
  const sticky = new Set(
    yes.flatMap(({ asked, said }) => (said.sticky && asked.reason === "approval" ? [asked.tool] : [])),
  );
  const wrong = [...Map.groupBy(effects, ({ key }) => key)].flatMap(([key, same]) => {
    const allowed = yes.filter(({ asked }) => asked.key === key);
    const isFree = same.some(({ tool }) => tool === "note" || sticky.has(tool));
    const inputs = allowed.map(({ asked, said }) => said.changed ?? (asked.input as Pick<Effect, "n">).n); // as the tools declare it
    const isMeant = isFree || same.every(({ n }) => inputs.includes(n));
    const isEnough = same.length <= allowed.length + (isFree ? 1 : 0);
    return isMeant && isEnough
      ? []
      : [`${key} happened as ${JSON.stringify(same)}, allowed by ${JSON.stringify(allowed)}`];
  });
  return [...wrong, ...checkEvents(record).filter((problem) => !problem.startsWith("the stream ended"))];
}
