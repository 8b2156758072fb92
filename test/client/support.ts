import { type Client, type ClientOptions, createClient } from "../../src/client/index.ts";
import type { ChatMessage, Transport } from "../../src/wire/index.ts";
import { bytes, frames, KEY, replay } from "../wire/support.ts";

export const messages: readonly ChatMessage[] = [{ role: "user", content: "Lisbon?" }];
export const ask: { model: string; messages: readonly ChatMessage[] } = { model: "grok-4.7", messages };
export const delta = (content: string): object => ({
  id: "1",
  model: "grok-4.7",
  choices: [{ index: 0, delta: { content } }],
});
export const END: object = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
export const ANSWER: string = frames([
  delta("Sun"),
  delta("ny"),
  END,
  { choices: [], usage: { total_tokens: 9 } },
  "[DONE]",
]);

/** Answers with one transport after the other; the last one stays. */
export function inTurn(...transports: (Transport & { requests: unknown[] })[]): Transport & { count: () => number } {
  let count = 0;
  const transport: Transport = (request) => {
    const next = transports[Math.min(count, transports.length - 1)];
    count++;
    return next === undefined ? Promise.reject(new Error("no transport")) : next(request);
  };
  return Object.assign(transport, { count: () => count });
}

type Replay = ReturnType<typeof replay>;

export const good = (): Replay => replay([bytes(ANSWER)], { headers: { "x-request-id": "req-1" } });

export const bad = (status: number, headers: Readonly<Record<string, string>> = {}): Replay =>
  replay([bytes('{"error":"no"}')], { status, headers });

export const client = (transport: Transport, options: ClientOptions = {}): Client =>
  createClient({ apiKey: KEY, transport, random: () => 0, ...options });
