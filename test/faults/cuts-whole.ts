import type { Api } from "./cuts-play.ts";

/** JSON of the wire, read without any code of ours. */
interface Wire {
  readonly type?: string;
  readonly choices?: readonly { readonly finish_reason?: string | null }[];
}

/**
 * How many bytes of an event stream make a whole answer: those up to the blank line behind its terminal marker, which is a finish
 * reason, `response.completed` or `response.incomplete`, or `message_stop`.
 */
export function wholeAfter(api: Api, bytes: Uint8Array): number {
  const body = Buffer.from(bytes);
  for (let start = 0, end = body.indexOf("\n\n"); end !== -1; start = end + 2, end = body.indexOf("\n\n", start)) {
    const data = body
      .toString("utf8", start, end)
      .split("\n")
      .find((line) => line.startsWith("data: "))
      ?.slice(6);
    if (data !== undefined && data !== "[DONE]" && isTerminal(api, JSON.parse(data))) return end + 2;
  }
  throw new Error(`a stream over ${api} without its terminal marker`);
}

/** The end of every event of a stream. */
export function eventEnds(bytes: Uint8Array): number[] {
  const body = Buffer.from(bytes);
  const ends: number[] = [];
  for (let at = body.indexOf("\n\n"); at !== -1; at = body.indexOf("\n\n", at + 2)) ends.push(at + 2);
  return ends;
}

function isTerminal(api: Api, { type, choices = [] }: Wire): boolean {
  if (api === "messages") return type === "message_stop";
  if (api === "responses") return type === "response.completed" || type === "response.incomplete";
  return choices.some(({ finish_reason }) => typeof finish_reason === "string" && finish_reason !== "");
}
