import type { LimitUse, NewEvent } from "../event/index.ts";
import { type Cost, TICKS_PER_USD, type Usage } from "../message/index.ts";
import { serverTurnsLeft, type WorstCase } from "./limits.ts";
import type { LoopServices } from "./services.ts";

/** An attempt at a turn that is not yet made. */
export interface NextAttempt {
  /** A last turn, without tools. */
  isFinal: boolean;
  /** There must be room for a last turn behind it. */
  leavesAnswer?: boolean;
  /** What the attempt before it has used, where it is not on the record yet. */
  failed?: { usage: Usage; cost: Cost } | undefined;
}

/** Limits that a turn can be held against before it begins. Both are reckoned in whole numbers: tokens, and ticks for dollars. */
const RESERVED = ["tokens", "costUsd"] as const;
type Reserved = (typeof RESERVED)[number];

/**
 * The first limit that has no room for the next attempt at a turn, whatever it comes to: what it uses at most is reserved before it is
 * made. Every attempt is looked at anew, with what those before it have used, as far as they reported it. Undefined where all have room,
 * or nobody knows what the attempt may use (`unreserved`).
 */
export function noRoom(services: LoopServices, next: NextAttempt): LimitUse | undefined {
  for (const limit of RESERVED) {
    const max = services.limits[limit];
    if (max === undefined) continue;
    const used = usedOf(services, limit, next);
    const needed = neededOf(services, limit, next);
    const room = limit === "costUsd" ? wholeTicks(max) : max;
    if (used >= room) return { limit, used: shown(limit, used), max };
    if (needed !== undefined && used + needed > room) {
      return { limit, used: shown(limit, used), max, needed: shown(limit, needed) };
    }
  }
  return undefined;
}

/** Says once that a limit is looked at between turns alone, and what to set so that it is kept. */
export function unreserved(services: LoopServices, turn: number): readonly NewEvent[] {
  const { limits } = services;
  if (limits.tokens === undefined && limits.costUsd === undefined) return [];
  const most = worstCase(services, false);
  const open = RESERVED.filter((limit) => limits[limit] !== undefined && amountOf(limit, most) === undefined);
  if (open.length === 0) return [];
  const names = open.map((limit) => `limits.${limit}`).join(" and ");
  const message = `${names} cannot be kept before a turn, only looked at after it: ${most.why.join("; ")}.`;
  return unenforced(services, turn, message);
}

/** A limit that cannot be kept because the server does not report what it bounds: said once, not passed over. */
export function unreported(services: LoopServices, turn: number): readonly NewEvent[] {
  const { limits, record } = services;
  if (limits.tokens === undefined && limits.costUsd === undefined) return [];
  const { usage, ticks } = record.fold.state;
  const blind = [
    ...(limits.tokens !== undefined && usage.unreported > 0 ? ["tokens"] : []),
    ...(limits.costUsd !== undefined && ticks.reports < usage.requests ? ["costUsd"] : []),
  ];
  if (blind.length === 0) return [];
  const message = `limits.${blind.join(" and limits.")} cannot be kept exactly: some answers did not report their usage or cost.`;
  return unenforced(services, turn, message);
}

function unenforced({ record }: LoopServices, turn: number, message: string): readonly NewEvent[] {
  if (record.fold.state.unenforced?.has(message) === true) return [];
  return [{ type: "warning", turn, code: "limit_unenforced", message }];
}

function usedOf({ record }: LoopServices, limit: Reserved, { failed }: NextAttempt): number {
  const { usage, ticks } = record.fold.state;
  if (limit === "tokens") return usage.totalTokens + (failed?.usage.totalTokens ?? 0);
  return ticks.known + (failed === undefined || failed.cost.basis === "unknown" ? 0 : failed.cost.ticks);
}

function neededOf(services: LoopServices, limit: Reserved, next: NextAttempt): number | undefined {
  const most = amountOf(limit, worstCase(services, next.isFinal));
  if (most === undefined || next.leavesAnswer !== true) return most;
  return most + (amountOf(limit, worstCase(services, true)) ?? 0);
}

function worstCase({ record, limits, worstCase: most }: LoopServices, isFinal: boolean): WorstCase {
  const { state } = record.fold;
  const serverTurns = serverTurnsLeft(limits, state);
  return most({
    messages: state.messages,
    isFinal,
    reasoningTokens: state.mostReasoning,
    ...(serverTurns === undefined ? {} : { serverTurns }),
  });
}

function amountOf(limit: Reserved, { tokens, ticks }: WorstCase): number | undefined {
  return limit === "tokens" ? tokens : ticks;
}

/** Whole ticks, never more than was meant; the addend makes up for dollars that have no exact binary form. */
function wholeTicks(usd: number): number {
  return Math.floor(usd * TICKS_PER_USD + 0.001);
}

function shown(limit: Reserved, amount: number): number {
  return limit === "tokens" ? amount : amount / TICKS_PER_USD;
}
