import { type Clock, orAborted } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { checkUserMessage, type UserMessage } from "../message/index.ts";
import type { Inbox } from "./inbox.ts";

/** What somebody outside the run has to say to it: the first of a name counts. */
export interface Letter {
  name: string;
  value: unknown;
}

/** Where letters come from other processes. */
export interface Letters {
  /** Those behind a position, in the order in which they came. */
  received(after: number): Promise<readonly (Letter & { position: number })[]>;
}

/** The letters of a run that is under way: decisions wait to be asked for, the rest goes where it belongs. */
export interface Mailbox {
  /** Takes what has come from other processes: nothing, at once, where there are none. Rejects with what the store throws. */
  look(): Promise<void> | void;
  /** Takes a letter of this process. @returns what stands under the name now: another one that came before. */
  deliver(letter: Letter): { isFirst: boolean; value: unknown };
  /** Says that a letter may be there: somebody in this process sent one. */
  wake(): void;
  /** What came under the name; null when `untilMs` has passed. @throws {AgentError} `run_paused` when the run is not to stay for it. */
  waitFor(name: string, untilMs?: number): Promise<unknown>;
  /** Sentences on letters that could not be understood, once. */
  takeProblems(): readonly string[];
  /** The run has ended: nobody looks any more. */
  close(): void;
}

export interface MailboxOptions {
  /** Absent: letters come from this process alone. */
  letters?: Letters | undefined;
  inbox: Inbox;
  clock: Clock;
  signal: AbortSignal;
  /** Letters that the record holds already. */
  isTaken: (letter: string) => boolean;
  /** `leave`: a decision that is not there is not waited for. */
  waiting: "stay" | "leave";
  onCancel: (reason: unknown, letter: string) => void;
  /** Time in which the run waits for a person is not its own. */
  hold: (wait: Promise<void>) => Promise<void>;
}

/**
 * How long a letter of another process may lie before a run that is under way looks, in milliseconds: longer the longer none came, so that
 * thousands of runs over one store do not keep it busy. Each turn looks for itself, and what this process sends is heard at once.
 */
const LOOK_EVERY_MS = 250;
const LOOK_AT_LEAST_EVERY_MS = 2_000;

export function createMailbox(options: MailboxOptions): Mailbox {
  const { letters, clock, signal, waiting } = options;
  let known: Map<string, unknown> | undefined;
  const problems: string[] = [];
  let position = 0;
  let looking: Promise<void> | undefined;
  /** Made by whoever waits. */
  let changed: PromiseWithResolvers<void> | undefined;

  const deliver = ({ name, value }: Letter): { isFirst: boolean; value: unknown } => {
    if (known?.has(name) === true) return { isFirst: false, value: known.get(name) };
    known ??= new Map();
    known.set(name, value);
    if (!options.isTaken(name)) sort(options, { name, value }, problems);
    changed?.resolve();
    changed = undefined;
    return { isFirst: true, value };
  };
  const lookOnce = async (from: Letters): Promise<void> => {
    for (const letter of await from.received(position)) {
      position = letter.position;
      deliver(letter);
      looks?.soon();
    }
  };
  const look = (): Promise<void> | undefined => {
    if (letters === undefined) return undefined;
    looking ??= lookOnce(letters).finally(() => {
      looking = undefined;
    });
    return looking;
  };
  /** A store that fails says so at the next turn, which looks for itself. */
  const wake = (): void => void look()?.catch(() => {});
  const looks = letters === undefined ? undefined : lookNowAndThen(clock, wake);

  const untilChanged = async (untilMs: number | undefined): Promise<void> => {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = untilMs === undefined ? (): void => {} : clock.after(Math.max(0, untilMs - clock.now()), resolve);
    looks?.soon();
    changed ??= Promise.withResolvers();
    try {
      await options.hold(orAborted(Promise.race([changed.promise, late]), signal));
    } finally {
      cancel();
    }
  };
  return {
    look,
    deliver,
    wake,
    close: () => looks?.stop(),
    takeProblems: () => problems.splice(0),
    async waitFor(name, untilMs) {
      await look();
      for (;;) {
        if (known?.has(name) === true) return known.get(name);
        if (untilMs !== undefined && clock.now() >= untilMs) {
          await look(); // what was decided in time may lie there, unheard
          return known?.has(name) === true ? known.get(name) : null;
        }
        if (waiting === "leave") throw new AgentError("run_paused", `Nobody has decided on ${name} yet.`);
        await untilChanged(untilMs);
      }
    },
  };
}

/** Looks ever more rarely, until something says that it is worth while. */
function lookNowAndThen(clock: Clock, look: () => void): { soon(): void; stop(): void } {
  let cancel = (): void => {};
  let isOver = false;
  const after = (delayMs: number): void => {
    if (!isOver)
      cancel = clock.after(delayMs, () => {
        after(Math.min(delayMs * 2, LOOK_AT_LEAST_EVERY_MS));
        look();
      });
  };
  after(LOOK_EVERY_MS);
  return {
    stop() {
      isOver = true;
      cancel();
    },
    soon() {
      cancel();
      after(LOOK_EVERY_MS);
    },
  };
}

/** Decisions are not looked at before they are asked for. */
function sort({ inbox, onCancel }: MailboxOptions, { name, value }: Letter, problems: string[]): void {
  const [kind] = name.split(":", 1);
  if (kind === "cancel") onCancel(value, name);
  if (kind !== "steer" && kind !== "follow_up") return;
  try {
    checkUserMessage(value, `The letter ${name}`);
  } catch (error) {
    problems.push(error instanceof AgentError ? error.message : `The letter ${name} cannot be read.`);
    return;
  }
  const message: UserMessage = value;
  void (kind === "steer" ? inbox.steer(message, name) : inbox.followUp(message, name));
}
