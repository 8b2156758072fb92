import type { Clock } from "../clock.ts";
import type { ChatChunk } from "./chat-types.ts";
import { timedOut } from "./timeouts.ts";

/** Watches that a stream does not only live but gets on: comments and pings keep the idle timer quiet for ever. */
export interface Progress {
  /** Told of every network read. @throws {AgentError} `idle_timeout` when none added to the answer for too long. */
  note(chunks: readonly ChatChunk[]): void;
  /** The time until `resume` is the reader's own, and not held against the server. */
  pause(): void;
  resume(): void;
}

export function createProgress(clock: Clock, limitMs: number, host: string): Progress {
  let lastMs = clock.monotonic();
  let pausedMs = 0;
  return {
    note(chunks) {
      const nowMs = clock.monotonic();
      if (chunks.some(addsToAnswer)) lastMs = nowMs;
      if (nowMs - lastMs < limitMs) return;
      throw timedOut(
        "idle_timeout",
        `${host} kept the stream alive for ${limitMs / 1000} s and added nothing to the answer`,
        "progressMs",
      );
    },
    pause() {
      pausedMs = clock.monotonic();
    },
    resume() {
      lastMs += clock.monotonic() - pausedMs;
    },
  };
}

function addsToAnswer(chunk: ChatChunk): boolean {
  if (chunk.type === "unknown") return false;
  return chunk.choices.some((choice) => choice.finish_reason !== undefined || Object.keys(choice.delta).length > 0);
}
