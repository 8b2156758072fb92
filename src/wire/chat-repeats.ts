import { decodeChatChunk } from "./chat-decode.ts";
import type { ChatChunk, ChatDataChunk, ChatDelta } from "./chat-types.ts";
import { endOfText, readText } from "./json-text.ts";

/**
 * Reads the chunks of one answer that are as one before them but for a piece of text: id, model and all else stand in each, and parsing
 * them anew is most of what a chunk costs. What is not exactly so is left to be parsed.
 */
export interface ChatRepeats {
  /** The chunk as it would be parsed and decoded; undefined where that is to be done. */
  read(data: string): ChatChunk | undefined;
  /** Takes down what a chunk looks like. */
  learn(data: string, chunk: ChatChunk): void;
}

/** Texts that were learned in vain, one after the other: after these, no chunk of the answer is like another. */
const MOST_IN_VAIN = 8;

export function createChatRepeats(): ChatRepeats {
  let mould: Mould | undefined;
  let inVain = 0;
  let learnable = 0;
  return {
    read(data) {
      const piece = mould === undefined ? undefined : readPiece(mould, data);
      if (mould === undefined || piece === undefined) return undefined;
      inVain = 0;
      return withPiece(mould, piece);
    },
    learn(data, chunk) {
      if (inVain >= MOST_IN_VAIN || chunk.type === "unknown") return;
      const place = placeOf(chunk);
      if (place === undefined) return;
      learnable += 1;
      if (learnable === 1) return; // learning costs as much as two chunks, and many answers have but one
      inVain += 1;
      mould = mouldOf(data, chunk, place) ?? mould;
    },
  };
}

/** Where the one piece of a chunk stands; for a fragment of a call, in which call. */
interface Place {
  field: "content" | "reasoning_content" | "arguments";
  index: number;
  callIndex?: number;
}

interface Mould extends Place {
  /** What stands before and behind the JSON text of the piece. */
  head: string;
  tail: string;
  chunk: ChatDataChunk;
}

/** Undefined for a chunk that brings something else as well, or a list, of which each chunk must have its own. */
function placeOf({ choices, usage, citations, output_files }: ChatDataChunk): Place | undefined {
  const [choice] = choices;
  if (choice === undefined || choices.length > 1 || (usage ?? citations ?? output_files) !== undefined)
    return undefined;
  const { index, delta, finish_reason, logprobs } = choice;
  if (finish_reason !== undefined || logprobs !== undefined || Object.keys(delta).length > 1) return undefined;
  if (delta.content !== undefined) return { field: "content", index };
  if (delta.reasoning_content !== undefined) return { field: "reasoning_content", index };
  const [call] = delta.tool_calls ?? [];
  if (call?.index === undefined || delta.tool_calls?.length !== 1) return undefined;
  if (call.arguments === undefined || call.id !== undefined || call.name !== undefined) return undefined;
  return { field: "arguments", index, callIndex: call.index };
}

const MARK = "fairwitness was here";

/** Takes the text apart around its piece, and makes sure of the place: another piece in it must be read as just that. */
function mouldOf(data: string, chunk: ChatDataChunk, place: Place): Mould | undefined {
  const name = `"${place.field}":`;
  const from = data.lastIndexOf(`${name}"`) + name.length;
  const to = endOfText(data, from);
  if (from < name.length || to === undefined) return undefined;
  const mould: Mould = { ...place, head: data.slice(0, from), tail: data.slice(to), chunk: { ...chunk } };
  const marked = decodeChatChunk(JSON.parse(mould.head + JSON.stringify(MARK) + mould.tail));
  return JSON.stringify(marked) === JSON.stringify(withPiece(mould, MARK)) ? mould : undefined;
}

/** An empty piece is none: the chunk would be another. */
function readPiece({ head, tail }: Mould, data: string): string | undefined {
  const to = data.length - tail.length;
  // Slices copy nothing, and V8 compares them several times faster than `startsWith` and `endsWith` look.
  if (data.slice(to) !== tail || data.slice(0, head.length) !== head) return undefined;
  return readText(data.slice(head.length, to));
}

function withPiece({ field, index, callIndex, chunk }: Mould, piece: string): ChatDataChunk {
  return { ...chunk, choices: [{ index, delta: deltaOf(field, piece, callIndex) }] };
}

function deltaOf(field: Place["field"], piece: string, callIndex: number | undefined): ChatDelta {
  if (field === "content") return { content: piece };
  if (field === "reasoning_content") return { reasoning_content: piece };
  return { tool_calls: [callIndex === undefined ? { arguments: piece } : { index: callIndex, arguments: piece }] };
}
