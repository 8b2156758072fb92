import type { Workload } from "../workload.ts";
import { chatTurns } from "./chat.ts";
import { responsesTurns } from "./responses.ts";

/** Bytes of a network read as TLS hands them out: answers are written in slices of it, wherever their events end. */
const SLICE_BYTES = 16 * 1024;

/** The answers of one run, turn by turn, in the pieces that are written: made once, before anything is measured. */
export function answersOf(workload: Workload): readonly (readonly Buffer[])[] {
  const turns = workload.api === "chat" ? chatTurns(workload) : responsesTurns(workload);
  return turns.map((events) => {
    if (workload.writes === "events") return events.map((event) => Buffer.from(event));
    return slices(Buffer.from(events.join("")));
  });
}

function slices(bytes: Buffer): readonly Buffer[] {
  const count = Math.ceil(bytes.length / SLICE_BYTES);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * SLICE_BYTES, (index + 1) * SLICE_BYTES));
}
