import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Usage } from "../../src/message/index.ts";

/** Lies beside the project, not in it: tests that need it are skipped, saying so, where it is absent. */
const folder = new URL("../../../shared/wire/chat/", import.meta.url);

export const hasRecordings: boolean = existsSync(folder);

export interface Recording {
  name: string;
  isStream: boolean;
  /** The JSON of every line, or of the whole body. */
  lines: readonly string[];
  /** As it went over the wire: an event stream, or a JSON body. */
  bytes: Uint8Array;
}

export const recordings: readonly Recording[] = hasRecordings ? readdirSync(folder).filter(isAnswer).map(read) : [];
export const streams: readonly Recording[] = recordings.filter((recording) => recording.isStream);

function isAnswer(name: string): boolean {
  return !name.includes("error");
}

function read(name: string): Recording {
  const content = readFileSync(new URL(name, folder), "utf8");
  if (name.endsWith(".json")) {
    return { name, isStream: false, lines: [content], bytes: new TextEncoder().encode(content) };
  }
  const lines = content.split("\n").filter((line) => line.trim() !== "");
  const framed = `${lines.map((line) => `data: ${line}\n\n`).join("")}data: [DONE]\n\n`;
  return { name, isStream: true, lines, bytes: new TextEncoder().encode(framed) };
}

/** What a file says, read without any code of ours. */
export interface Expected {
  text: string;
  reasoning: string;
  calls: { id: string; tool: string; arguments: string }[];
  finish: string;
  usage: Usage;
  ticks: number | undefined;
  model: string;
  id: string;
  fingerprint: string | undefined;
  tier: string | undefined;
  citations: readonly string[] | undefined;
}

interface Piece {
  content?: string | null;
  reasoning_content?: string | null;
  tool_calls?: { index?: number; id?: string; function: { name?: string; arguments?: string } }[];
}

interface Line {
  id: string;
  model: string;
  choices: { delta?: Piece; message?: Piece; finish_reason?: string | null }[];
  usage?: WireUsage | null;
  system_fingerprint?: string | null;
  service_tier?: string;
  citations?: string[];
}

interface WireUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  num_sources_used?: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
  cost_in_usd_ticks?: number;
}

export function expected(recording: Recording): Expected {
  const lines = recording.lines.map((line) => JSON.parse(line) as Line);
  const pieces = lines.flatMap((line) => line.choices.map((choice) => choice.delta ?? choice.message ?? {}));
  const usage = lines.findLast((line) => line.usage)?.usage;
  if (!usage) throw new Error(`${recording.name} has no usage`);
  const last = lines.at(-1);
  return {
    text: pieces.map((piece) => piece.content ?? "").join(""),
    reasoning: pieces.map((piece) => piece.reasoning_content ?? "").join(""),
    calls: joinCalls(pieces),
    finish: lines.flatMap((line) => line.choices).findLast((choice) => choice.finish_reason)?.finish_reason ?? "",
    usage: expectedUsage(usage),
    ticks: usage.cost_in_usd_ticks,
    model: last?.model ?? "",
    id: last?.id ?? "",
    fingerprint: lines.findLast((line) => line.system_fingerprint)?.system_fingerprint ?? undefined,
    tier: lines.findLast((line) => line.service_tier)?.service_tier,
    citations: last?.citations,
  };
}

function joinCalls(pieces: readonly Piece[]): Expected["calls"] {
  const calls: Expected["calls"] = [];
  for (const { index = 0, id, function: asked } of pieces.flatMap((piece) => piece.tool_calls ?? [])) {
    const known = calls[index] ?? { id: "", tool: "", arguments: "" };
    calls[index] = {
      id: known.id || (id ?? ""),
      tool: known.tool || (asked.name ?? ""),
      arguments: known.arguments + (asked.arguments ?? ""),
    };
  }
  return calls;
}

/** Wire document 1.3: the total says whether reasoning is inside `completion_tokens`. */
function expectedUsage(usage: WireUsage): Usage {
  const cached = usage.prompt_tokens_details?.cached_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.total_tokens - usage.prompt_tokens,
    totalTokens: usage.total_tokens,
    ...(cached !== undefined && { cachedInputTokens: cached }),
    ...(usage.num_sources_used !== undefined && { sourcesUsed: usage.num_sources_used }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  };
}

/** Numbers that look random and are the same on every run (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
