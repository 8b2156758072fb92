import { AgentError } from "../errors.ts";

/**
 * What other processes have to say to a run: decisions on approvals, steering, a cancellation. They write here and never to the
 * record; the run's owner reads it and records what it makes of it.
 */
export interface Inbox {
  /**
   * Lays a letter down. The first of a name stays: for a second one, what is there is returned, and nothing changes. So a decision
   * is made once (`approval:3.1`), and what may come often has names of its own (`steer:<uuid>`).
   * @param name 1 to 200 of the characters that can be seen in ASCII, and no space.
   * @param value JSON, of at most 4 MiB.
   * @throws {AgentError} `invalid_option`, `not_found` when there is no such run, `store_failed`.
   */
  send(runId: string, name: string, value: unknown): Promise<SentLetter>;
  /** The letters behind a position, in the order in which they came. @param after Default 0: all. */
  received(runId: string, after?: number): Promise<readonly Letter[]>;
}

export interface Letter {
  /** Its place in the inbox of the run, from 1. */
  position: number;
  name: string;
  value: unknown;
  /** When it came, by the store's clock: milliseconds since the epoch. */
  at: number;
}

export interface SentLetter extends Letter {
  /** False when a letter of that name was there before, which this then is. */
  isFirst: boolean;
}

const LONGEST = 4_194_304;

/** The value as JSON text. @throws {AgentError} `invalid_option` for a name or a value that is none. */
export function checkLetter(runId: string, name: string, value: unknown): string {
  if (typeof name !== "string" || !/^[!-~]{1,200}$/.test(name)) {
    throw new AgentError(
      "invalid_option",
      `${shown(name)} is no name for a letter to ${runId}: it takes 1 to 200 visible ASCII characters.`,
    );
  }
  const json = asJson(value);
  if (json !== undefined && json.length <= LONGEST) return json;
  const what = json === undefined ? "is not JSON" : `is longer than ${LONGEST} characters`;
  throw new AgentError("invalid_option", `The letter ${shown(name)} to ${runId} ${what}: send plain data.`);
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a cycle, a BigInt or a toJSON that threw: none of them is data
  }
}

function shown(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 80));
}
