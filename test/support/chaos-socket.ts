import { once } from "node:events";
import type { Socket } from "node:net";
import type { ChaosOutput } from "./chaos-answer.ts";

/** What a server shares with its sockets. */
export interface ChaosPace {
  /** Resolves at the next tick, or when the socket is closed. */
  tick(socket: Socket): Promise<void>;
  /** Told of bytes that were written; false when the server has sent enough for a test. */
  mayWrite(length: number): boolean;
}

/** Plays an answer. Resolves with true when the connection is fit for another request. */
export async function playOutput(socket: Socket, output: ChaosOutput, pace: ChaosPace): Promise<boolean> {
  await write(socket, output.head, pace);
  for (const piece of output.pieces) {
    if (output.isPaced) await pace.tick(socket);
    if (isGone(socket)) return false;
    if (piece.length === 0) continue; // as a chunk it would be the end
    await write(socket, output.isChunked ? chunkOf(piece) : piece, pace);
  }
  if (output.raw !== undefined) await write(socket, output.raw, pace);
  if (isGone(socket)) return false;
  return finish(socket, output, pace);
}

async function finish(socket: Socket, { end, isChunked }: ChaosOutput, pace: ChaosPace): Promise<boolean> {
  switch (end) {
    case "end":
      if (isChunked) await write(socket, "0\r\n\r\n", pace);
      return true;
    case "fin":
      socket.end();
      return false;
    case "reset":
      await reset(socket);
      return false;
    case "stall":
      return false;
    default:
      return end satisfies never;
  }
}

/** RST. What was written before goes out first, and a client of this process gets its chance to read it. */
export async function reset(socket: Socket): Promise<void> {
  for (let round = 0; round < 4; round += 1) await new Promise((resolve) => setImmediate(resolve));
  if (!socket.destroyed) socket.resetAndDestroy();
}

export function isGone(socket: Socket): boolean {
  return socket.destroyed || !socket.writable;
}

/** Waits until the client has taken what was written before, however long that takes: that is backpressure. */
async function write(socket: Socket, data: string | Uint8Array, pace: ChaosPace): Promise<void> {
  if (data.length === 0 || isGone(socket)) return;
  if (!pace.mayWrite(data.length)) return void socket.destroy();
  if (socket.write(data)) return;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  socket.once("close", leave);
  await once(socket, "drain", { signal: gone.signal }).catch(() => {}); // closed: the next look at the socket says so
  socket.off("close", leave);
}

function chunkOf(piece: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}
