import { AgentError, type Model, type ModelEvent } from "fairwitness";

/** What a puppet does next, in the attempt that is under way or the next one. */
export type Move = "word" | "end" | "calls" | "cut" | "reset" | "refuse" | "deaf";

/** A model that does what it is told, when it is told; until then it says nothing. */
export interface PuppetModel extends Model {
  move(move: Move): void;
  /** Attempts that were begun and neither ended nor were left. */
  readonly open: number;
}

export function puppetModel(): PuppetModel {
  const moves: Move[] = [];
  let wake: (() => void) | undefined;
  let open = 0;
  let attempts = 0;
  const next = (signal: AbortSignal, isDeaf: boolean): Promise<Move> =>
    new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason);
      const take = (): void => {
        const move = moves.shift();
        if (move === undefined) return;
        wake = undefined;
        signal.removeEventListener("abort", leave);
        resolve(move);
      };
      wake = take;
      if (!isDeaf && signal.aborted) return leave();
      if (!isDeaf) signal.addEventListener("abort", leave, { once: true });
      take();
    });
  return {
    id: "puppet",
    api: "chat",
    get open() {
      return open;
    },
    move(move) {
      moves.push(move);
      wake?.();
    },
    async *stream(_, signal): AsyncGenerator<readonly ModelEvent[]> {
      const n = attempts++;
      let isDeaf = false;
      open += 1;
      try {
        for (;;) {
          const move = await next(signal, isDeaf);
          if (move === "deaf") isDeaf = true;
          else if (move === "word") yield [{ type: "text.delta", delta: "word " }];
          else if (move === "cut") return;
          else if (move === "reset" || move === "refuse") throw failure(move);
          else return yield [whole(n, move === "calls")];
        }
      } finally {
        open -= 1;
      }
    },
  };
}

function failure(move: "reset" | "refuse"): AgentError {
  if (move === "reset") return new AgentError("connection_failed", "The connection broke.", { retryable: true });
  return new AgentError("internal", "Not this one.");
}

function whole(n: number, hasCalls: boolean): ModelEvent {
  const toolCalls = ["obedient", "deaf", "alone", "alone"].map((tool, index) => ({
    id: `call_${n}_${index}`,
    tool,
    arguments: "{}",
  }));
  return {
    type: "turn",
    turn: {
      message: { role: "assistant", content: "word", ...(hasCalls ? { toolCalls } : {}) },
      finishReason: hasCalls ? "tool_calls" : "stop",
      cost: { basis: "unknown" },
    },
  };
}
