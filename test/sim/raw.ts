import { connect, type Socket } from "node:net";
import type { Simulator } from "../../src/sim/index.ts";

/** Sends a request over a bare socket. */
export function send(simulator: Simulator, body: unknown, path = "/v1/chat/completions"): Socket {
  const text = JSON.stringify(body);
  const socket = connect(Number(new URL(simulator.origin).port), "127.0.0.1");
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: sim\r\nauthorization: Bearer ${simulator.apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
  return socket;
}

/** Everything until the connection ends, and the error it ended with, if any. */
export async function readAll(socket: Socket): Promise<{ bytes: Buffer; error: string | undefined }> {
  const parts: Buffer[] = [];
  let error: string | undefined;
  socket.on("data", (part) => parts.push(part));
  socket.on("error", (thrown: NodeJS.ErrnoException) => {
    error = thrown.code;
  });
  await new Promise((resolve) => socket.once("close", resolve));
  return { bytes: Buffer.concat(parts), error };
}

/** The body of an HTTP/1.1 answer in chunked framing, and whether its closing chunk came. */
export function unchunk(bytes: Buffer): { body: string; isEnded: boolean } {
  let at = bytes.indexOf("\r\n\r\n") + 4;
  const parts: Buffer[] = [];
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16);
    if (size === 0) return { body: Buffer.concat(parts).toString(), isEnded: true };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return { body: Buffer.concat(parts).toString(), isEnded: false };
}
