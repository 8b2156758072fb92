import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { SimTurn } from "./script.ts";

/** Lets the kernel deliver what was written before a reset throws the rest away. */
const RESET_GRACE_MS = 5;

/** Writes an answer's body, with the faults that are a matter of bytes. Rejects with the signal's reason. */
export interface BodyWriter {
  /** Resolves to false once the body has broken off and nothing more may be written. */
  write(text: string): Promise<boolean>;
  /** Ends the body, if no fault has already. */
  end(): void;
}

/** A writer on a response whose headers are set. `signal` is aborted when the client leaves. */
export function writeBody(response: ServerResponse, turn: SimTurn, signal: AbortSignal): BodyWriter {
  const limit = Math.min(turn.cut?.afterBytes ?? Infinity, turn.stallAfterBytes ?? Infinity);
  let sent = 0;
  let open = true;
  return {
    async write(text) {
      if (!open) return false;
      const bytes = Buffer.from(text);
      const part = bytes.subarray(0, limit - sent);
      sent += part.length;
      if (part.length > 0) await writeOut(response, part, signal);
      if (sent < limit) return true;
      open = false;
      await breakOff(response, turn, signal);
      return false;
    },
    end() {
      if (open) response.end();
      open = false;
    },
  };
}

/** Writes under backpressure: a slow reader slows the simulator, as it would slow xAI. */
async function writeOut(response: ServerResponse, bytes: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.write(bytes)) await once(response, "drain", { signal });
}

async function breakOff(response: ServerResponse, turn: SimTurn, signal: AbortSignal): Promise<void> {
  const stallsFirst = (turn.stallAfterBytes ?? Infinity) < (turn.cut?.afterBytes ?? Infinity);
  if (stallsFirst) return stall(response, signal);
  if (turn.cut?.how !== "reset") {
    response.end();
    return;
  }
  response.flushHeaders();
  await wait(RESET_GRACE_MS, undefined, { signal });
  response.socket?.resetAndDestroy();
}

/** Holds the connection until the client leaves or the simulator is closed. */
async function stall(response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.flushHeaders();
  await once(response, "close", { signal });
}
