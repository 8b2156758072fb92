import type { Contender } from "../work.ts";
import { handWritten } from "./hand-written.ts";

async function post(url: string, body: string): Promise<AsyncIterable<string>> {
  const answer = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
  if (answer.status !== 200 || answer.body === null) throw new Error(`The server answered ${answer.status}.`);
  return decoded(answer.body);
}

async function* decoded(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const text = new TextDecoder();
  for await (const bytes of body) yield text.decode(bytes, { stream: true });
}

/** By hand on `fetch`: what of a ratio is the transport's. */
export const contender: Contender = handWritten(post);
