import type { Clock } from "../clock.ts";
import { timedOut } from "./timeouts.ts";

/** Watches that a stream does not only live but gets on: comments and pings keep the idle timer quiet for ever. */
export interface Progress {
  /**
   * Told of every network read. The time from here until `resume` is the reader's own, and not held against the server.
   * @throws {AgentError} `idle_timeout` when none added to the answer for too long.
   */
  note(adds: boolean): void;
  resume(): void;
}

export function createProgress(clock: Clock, limitMs: number, host: string): Progress {
  let lastMs = clock.monotonic();
  let notedMs = 0;
  return {
    note(adds) {
      notedMs = clock.monotonic();
      if (adds) lastMs = notedMs;
      if (notedMs - lastMs < limitMs) return;
      throw timedOut(
        "idle_timeout",
        `${host} kept the stream alive for ${limitMs / 1000} s and added nothing to the answer`,
        "progressMs",
      );
    },
    resume() {
      lastMs += clock.monotonic() - notedMs;
    },
  };
}
