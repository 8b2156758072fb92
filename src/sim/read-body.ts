import type { IncomingMessage } from "node:http";
import type { SimRefusal } from "./request.ts";

/** Reads a request body as text, or says why not: 415 for a wrong content type, 413 for too many bytes. */
export async function readBody(
  request: IncomingMessage,
  limits: { readonly maxBodyBytes: number },
): Promise<string | SimRefusal> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    return { status: 415, body: { error: "Expected request with `Content-Type: application/json`" } };
  }
  const bytes = await readBytes(request, limits.maxBodyBytes);
  return bytes === undefined ? tooLarge : bytes.toString("utf8");
}

/** The bytes of a request body, or undefined where they are too many. */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the request: that would close the connection before the refusal is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** xAI's own limit and wording are not known; this is how its web framework says it. */
export const tooLarge: SimRefusal = {
  status: 413,
  body: { error: "Failed to buffer the request body: length limit exceeded" },
  headers: { connection: "close" },
};
