import type { Contender } from "../work.ts";
import { chatByHand } from "./hand-written-chat.ts";
import { responsesByHand } from "./hand-written-responses.ts";

/** Sends a request and hands out its answer as text, a piece for each network read. */
export type Post = (url: string, body: string) => Promise<AsyncIterable<string>>;

/**
 * The loops somebody would write by hand for this one job and no other: no retry, no limits, no record, no cancelling,
 * nothing checked but what the tool is given. Nothing in JavaScript that does the job does much less.
 */
export function handWritten(post: Post): Contender {
  return ({ api }, baseURL) => (api === "chat" ? chatByHand : responsesByHand)(post, baseURL);
}

/** Calls `handle` with the parsed data of each event, except the last one. */
export async function eachData(pieces: AsyncIterable<string>, handle: (data: unknown) => void): Promise<void> {
  let rest = "";
  for await (const piece of pieces) {
    const text = rest + piece;
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      if (end > start && text.startsWith("data: ", start)) {
        const data = text.slice(start + 6, end);
        if (data !== "[DONE]") handle(JSON.parse(data));
      }
      start = end + 1;
    }
    rest = text.slice(start);
  }
}
