import { AgentError } from "../errors.ts";

export interface LeaseOptions {
  /** Who asks, for people: a host and a process, say. 1 to 200 characters. */
  owner: string;
  /** How long it holds unless it is renewed, in milliseconds: 1 to a day. */
  ttlMs: number;
  /**
   * Asked of the owner of a lease that has not ended: true takes it over at once, because that process is known to be dead. Should it live
   * after all, it is kept out by its epoch, as after any takeover. Default: a lease is waited for. See `isOwnerGone`.
   */
  isGone?: (owner: string) => boolean;
}

/** The right to append to a run, until it ends, is released, or is lost. */
export interface Lease {
  readonly runId: string;
  readonly owner: string;
  /** Grows each time a run is leased. Hand it to `append`. */
  readonly epoch: number;
  /** When it ends, by the store's clock: milliseconds since the epoch. */
  readonly until: number;
  /** What was cut off the end of the record: a write that its process did not live to finish. Record a warning of it. */
  readonly repaired?: Repair;
  /**
   * Lets it hold for `ttlMs` from now.
   * @throws {AgentError} `lease_lost` when it has ended, even if nobody has taken it: only a new one tells what happened since.
   */
  renew(): Promise<void>;
  /** Gives it back. Nothing happens when it has ended. */
  release(): Promise<void>;
}

/** The part of a line that was cut off the end of a record. It was never stored. */
export interface Repair {
  runId: string;
  /** The byte it was cut at. */
  at: number;
  bytes: number;
}

/** Somebody else holds the run. */
export class RunLockedError extends AgentError {
  override readonly name = "RunLockedError";
  readonly owner: string;
  /** When the lease ends unless it is renewed, milliseconds since the epoch. */
  readonly until: number;

  constructor(runId: string, { owner, until }: { owner: string; until: number }, nowMs: number) {
    const when = new Date(until).toISOString();
    const message = `The run ${runId} is held by ${JSON.stringify(owner)} until ${when}. Try again then, or let that process go on.`;
    super("run_locked", message, { retryable: true, retryAfterMs: Math.max(0, until - nowMs) });
    this.owner = owner;
    this.until = until;
  }
}

export function leaseLost(runId: string, epoch: number): AgentError {
  return new AgentError(
    "lease_lost",
    `The lease ${epoch} of the run ${runId} has ended, and somebody else may go on with it. Read the record anew under a new lease.`,
  );
}

const LONGEST_MS = 86_400_000;

/** Whether a lease keeps others out who know that of its owner. */
export function isHeld(
  { owner, until }: { owner: string; until: number },
  { isGone }: Pick<LeaseOptions, "isGone">,
  nowMs: number,
): boolean {
  return until > nowMs && isGone?.(owner) !== true;
}

export function checkLease(runId: string, { owner, ttlMs, isGone }: LeaseOptions): void {
  if (typeof owner !== "string" || owner === "" || owner.length > 200) {
    throw new AgentError("invalid_option", `The lease of ${runId} needs an owner: a text of 1 to 200 characters.`);
  }
  if (isGone !== undefined && typeof isGone !== "function") {
    throw new AgentError("invalid_option", `The lease of ${runId} has an isGone that is no function of an owner.`);
  }
  if (typeof ttlMs === "number" && ttlMs >= 1 && ttlMs <= LONGEST_MS) return;
  throw new AgentError("invalid_option", `The lease of ${runId} has ttlMs ${String(ttlMs)}: give 1 to ${LONGEST_MS}.`);
}
