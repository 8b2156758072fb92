import type { UserMessage } from "../message/index.ts";

/** When a message given to a running agent reached its conversation, or that the run had ended before. */
export type Delivery = { status: "delivered"; turn: number } | { status: "ended" };

/** Messages for a run that is under way. */
export interface Inbox {
  /** For the next turn, whatever the run is doing now. */
  steer(message: UserMessage, letter?: string): Promise<Delivery>;
  /** For the moment the run would otherwise be done. */
  followUp(message: UserMessage, letter?: string): Promise<Delivery>;
  hasSteering(): boolean;
  hasFollowUps(): boolean;
  /** Takes what waits, oldest first, and tells each sender that it was delivered in `turn`. */
  takeSteering(turn: number): readonly Given[];
  takeFollowUps(turn: number): readonly Given[];
  /** Tells whoever still waits that the run has ended, and everyone who comes later. */
  close(): void;
}

/** A message, and the letter that it came by from another process. */
export interface Given {
  message: UserMessage;
  letter?: string;
}

interface Waiting extends Given {
  deliver: (delivery: Delivery) => void;
}

export function createInbox(): Inbox {
  const steering: Waiting[] = [];
  const followUps: Waiting[] = [];
  let isClosed = false;

  const add = (queue: Waiting[], given: Given): Promise<Delivery> =>
    new Promise((deliver) => {
      if (isClosed) deliver({ status: "ended" });
      else queue.push({ ...given, deliver });
    });
  const take = (queue: Waiting[], turn: number): readonly Given[] =>
    queue.splice(0).map(({ deliver, ...given }) => {
      deliver({ status: "delivered", turn });
      return given;
    });
  return {
    steer: (message, letter) => add(steering, letter === undefined ? { message } : { message, letter }),
    followUp: (message, letter) => add(followUps, letter === undefined ? { message } : { message, letter }),
    hasSteering: () => steering.length > 0,
    hasFollowUps: () => followUps.length > 0,
    takeSteering: (turn) => take(steering, turn),
    takeFollowUps: (turn) => take(followUps, turn),
    close() {
      isClosed = true;
      for (const { deliver } of [...steering.splice(0), ...followUps.splice(0)]) deliver({ status: "ended" });
    },
  };
}
