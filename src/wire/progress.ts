import type { Clock } from "../clock.ts";
import { timedOut } from "./timeouts.ts";

/** Watches that a stream does not only live but gets on: comments and pings keep the idle timer quiet for ever. */
export interface Progress {
  /** Told of every network read. @throws {AgentError} `idle_timeout` when none added to the answer for too long. */
  note(adds: boolean): void;
  /** The time until `resume` is the reader's own, and not held against the server. */
  pause(): void;
  resume(): void;
}

export function createProgress(clock: Clock, limitMs: number, host: string): Progress {
  let lastMs = clock.monotonic();
  let pausedMs = 0;
  return {
    note(adds) {
      const nowMs = clock.monotonic();
      if (adds) lastMs = nowMs;
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
