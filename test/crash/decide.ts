import type { OpenApproval } from "fairwitness";
import type { GivenAnswer } from "./job.ts";
import type { Happened } from "./world.ts";

/** What a person knows and is like. */
export interface Person {
  effects: readonly Happened[];
  /** Whether a call that is known not to have happened may run again. */
  isBold: () => boolean;
}

/**
 * Decides on all that waits. By the arguments alone where somebody must agree, so that every life of a script decides alike; by what has
 * happened outside where nobody else knows: what has happened is never allowed again.
 */
export function decide(open: readonly OpenApproval[], person: Person): Readonly<Record<string, GivenAnswer>> {
  return Object.fromEntries(open.map((asked) => [asked.callId, answerTo(asked, person)]));
}

function answerTo(asked: OpenApproval, { effects, isBold }: Person): GivenAnswer {
  const { reason, hash, key } = asked;
  if (reason !== "unknown_outcome") return agree(asked);
  const hasHappened = effects.some((effect) => effect.key === key);
  return { approve: !hasHappened && isBold(), reason: hasHappened ? "it happened" : "it did not", hash };
}

/** Refuses some, and changes the arguments of others. */
function agree({ input, hash }: OpenApproval): GivenAnswer {
  const { n } = input as { n: number }; // as the tools of the child declare it
  if (n % 4 === 3) return { approve: false, reason: "not this one", hash };
  return n % 4 === 2 ? { approve: true, input: { n: n + 100 }, hash } : { approve: true, hash };
}
