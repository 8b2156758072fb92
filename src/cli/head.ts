import type { ClosingEvent, Evidence, RunLimitedEvent, StoredEvent } from "../event/index.ts";
import { isClosing } from "../event/index.ts";
import { formatUsage } from "../message/index.ts";
import type { Paint } from "./paint.ts";
import { costText, moment, short } from "./words.ts";

/** Whose run it was and what it was asked. */
export function headLines(evidence: Evidence, paint: Paint, replays?: string): readonly string[] {
  const { runId, agent, model, servedModel, startedAt, simulated, question } = evidence;
  const served = servedModel === undefined || servedModel === model ? "" : ` (served by ${short(servedModel)})`;
  return [
    `${paint.strong(short(runId))}  ${short(agent)} · ${short(model)}${served} · ${moment(startedAt)}`,
    ...(replays === undefined
      ? []
      : [paint.note(`replays ${short(replays)}: no tool ran, results were taken from there`)]),
    ...(simulated ? [paint.note("SIMULATED: a simulator answered, not a model; its sources do not exist.")] : []),
    ...(question === undefined ? [] : [`${paint.dim("asked")} ${short(question, 400)}`]),
  ];
}

/** How it ended, and what all of it took. */
export function endText(evidence: Evidence, events: readonly StoredEvent[], paint: Paint): string {
  const { status, usage, cost, calls, turns, failedAttempts } = evidence;
  const served = calls.filter(({ executor }) => executor === "server").length;
  const ofCalls = [
    counted(served, "call at xAI", "calls at xAI"),
    counted(calls.length - served, "call here", "calls here"),
  ];
  const counts = [
    // Calls are counted when their turn is whole: of an open one they would seem to be too few.
    ...(status === "open" ? [counted(turns.length, "whole turn")] : [counted(turns.length, "turn"), ...ofCalls]),
    ...(failedAttempts === 0 ? [] : [counted(failedAttempts, "failed attempt")]),
  ];
  const closing = events.findLast(isClosing);
  const how = closing === undefined ? openText(events) : closingText(closing);
  const shown =
    status === "completed"
      ? paint.good(how)
      : status === "open" || status === "paused"
        ? paint.note(how)
        : paint.bad(how);
  return `${shown}\n${counts.join(" · ")} · ${formatUsage(usage)} · ${costText(cost)}`;
}

/** A record cannot tell a run that goes on from one whose process died: it says when it last heard of it. */
function openText(events: readonly StoredEvent[]): string {
  return `open: the run goes on or its process died; last heard of at ${moment(events.at(-1)?.at ?? 0)}`;
}

/** How a segment of a run ended. */
export function closingText(closing: ClosingEvent): string {
  switch (closing.type) {
    case "run.completed":
      return "completed";
    case "run.paused":
      return `waiting for a decision on ${closing.waiting.map(({ tool, callId }) => `${short(tool)} (${short(callId)})`).join(", ")}`;
    case "run.limited":
      return `limited: ${limitText(closing)}`;
    case "run.cancelled":
      return `cancelled: ${short(closing.reason)}`;
    case "run.failed":
      return `failed: ${short(closing.error.code)}: ${short(closing.error.message)}`;
    default:
      return closing satisfies never;
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function limitText({ limit, used, max, needed, answered }: RunLimitedEvent): string {
  const more = needed === undefined ? "" : `, and a turn may need ${needed}`;
  return `${limit} ${used} of ${max}${more}${answered === true ? "; a last turn gave an answer" : ""}`;
}
