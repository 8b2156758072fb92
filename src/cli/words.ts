import type { ApprovalReason, EvidenceCall } from "../event/index.ts";
import { visibleLine } from "../event/index.ts";
import type { ApprovalAnswer } from "../index.ts";
import { type Cost, formatCost, type Source } from "../message/index.ts";

const MAX_LINE = 200;

/** Text from outside, on one line, cut where a terminal would be flooded. */
export function short(text: string, max: number = MAX_LINE): string {
  const line = visibleLine(text);
  return line.length <= max ? line : `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** `x_search/x_keyword_search`: the tool, and what it did at xAI where that has a name of its own. */
export function nameOf({ tool, action }: { tool: string; action?: string }): string {
  return short(action === undefined || action === tool ? tool : `${tool}/${action}`);
}

/** What was asked: the words and what narrows them. */
export function askedText({
  query,
  filters,
  inputText,
  executor,
}: Pick<EvidenceCall, "query" | "filters" | "inputText" | "executor">): string {
  const narrowing = Object.entries(filters).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const parts = [
    ...(query === undefined ? [] : [`“${query}”`]),
    ...(narrowing.length === 0 ? [] : [narrowing.join(", ")]),
    ...(inputText === undefined ? [] : [inputText]),
  ];
  if (parts.length > 0) return short(parts.join("  "));
  return executor === "server" ? "(input not disclosed)" : "";
}

export function sourceName({ url, title, fileId, id }: Source): string {
  const place = short(url ?? fileId ?? id);
  return title === undefined || title === "" ? place : `${place}  ${short(title, 80)}`;
}

/** `1.2 s`, `340 ms`, `2 min 5 s`, `3 h 5 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Local time, to the second: `2026-11-21 06:30:12`. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

export function costText(cost: Cost): string {
  return cost.basis === "unknown" ? "cost unknown" : `${formatCost(cost)} ${cost.basis}`;
}

/** Why somebody is asked about a call. */
export const REASONS: Readonly<Record<ApprovalReason, string>> = {
  approval: "its tool asks for it",
  untrusted: "text from outside has entered the run",
  unknown_outcome: "nobody knows whether it happened",
};

/** What somebody said: `approved by Ann: fine`. */
export function answerText({ approve, by, reason, input, sticky }: ApprovalAnswer): string {
  const who = by === undefined ? "" : ` by ${short(by, 80)}`;
  const changed = input === undefined ? "" : `, with other arguments ${short(JSON.stringify(input))}`;
  const all = sticky === true ? ", and all further calls of the tool in this run" : "";
  return `${approve ? "approved" : "denied"}${who}${changed}${all}${reason === undefined ? "" : `: ${short(reason)}`}`;
}
