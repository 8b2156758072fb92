import { AgentError, errorInfo, errorMessage } from "../errors.ts";
import type { NewEvent } from "../event/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { encodeJson } from "../tool/index.ts";
import type { Stopper } from "./stopper.ts";

/** What is known when the loop has ended without closing the run. */
export interface Ending {
  stopper: Stopper;
  activeMs: () => number;
  thrown: unknown;
}

/** Closes the record, whatever becomes of the store. Returns what the run failed of, if it did. */
export function closeRecord(record: RunRecord, ending: Ending): unknown {
  try {
    record.append([closingFor(record, ending)]);
    return ending.thrown;
  } catch (error) {
    // What is stored has no end, and that is worth more than why it would have ended.
    record.keep([{ type: "run.failed", turn: record.fold.state.turn, error: errorInfo(error) }]);
    return error;
  }
}

/** The closing event of a run whose loop did not close it itself. */
function closingFor(record: RunRecord, { stopper, activeMs, thrown }: Ending): NewEvent {
  const { turn } = record.fold.state;
  const stop = stopper.stopped();
  if (stop?.type === "limited")
    return { type: "run.limited", turn, limit: "durationMs", used: Math.round(activeMs()), max: stop.max };
  if (stop?.type === "lost") return { type: "run.failed", turn, error: errorInfo(stop.error) };
  if (stop?.type === "cancelled") {
    const { reason, letter } = stop;
    return { type: "run.cancelled", turn, reason: reasonText(reason), ...(letter === undefined ? {} : { letter }) };
  }
  return {
    type: "run.failed",
    turn,
    error: errorInfo(thrown ?? new AgentError("internal", "The loop ended without an end.")),
  };
}

function reasonText(reason: unknown): string {
  if (reason === undefined) return "cancelled";
  if (reason === null || ["number", "boolean", "bigint", "symbol"].includes(typeof reason)) return String(reason);
  if (typeof reason !== "object" || isError(reason)) return errorMessage(reason);
  const json = encodeJson(reason);
  return json.ok ? JSON.stringify(json.json) : errorMessage(reason);
}

function isError(reason: unknown): boolean {
  try {
    return reason instanceof Error;
  } catch {
    return false; // a proxy that was revoked
  }
}
