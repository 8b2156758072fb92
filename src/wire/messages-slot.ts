import { isObject } from "./json.ts";
import { malformedMessage, readBlock } from "./messages-blocks.ts";
import type { MessagesBlock, MessagesDelta } from "./messages-types.ts";
import { createPieces, type Pieces } from "./pieces.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One content block while it comes. */
export interface BlockSlot {
  /** @throws {AgentError} `malformed_event` when the block is of another kind, or over. */
  add(delta: MessagesDelta): void;
  /** Nothing more belongs to it. */
  stop(): void;
  /** True when this is its own beginning again, and nothing came since. */
  isRepeatedBy(raw: Fields): boolean;
  /** The block as far as it has come. */
  read(): MessagesBlock;
  /** The block as it can go back, and as it is read. */
  finish(): { raw: Fields; block: MessagesBlock };
}

/** @param raw The block as it began. */
export function createBlockSlot(raw: Fields): BlockSlot {
  const changes = createChanges(raw);
  let isOver = false;
  let isTouched = false;
  const read = (): MessagesBlock => withInput(readBlock({ ...raw, ...changes.read() }), changes.input.readText());
  return {
    add(delta) {
      if (isOver) throw malformedMessage("a block goes on after its end");
      if (!fits(raw.type, delta)) throw malformedMessage("a delta is of another kind than its block");
      isTouched = true;
      changes.add(delta);
    },
    stop() {
      isOver = true;
    },
    isRepeatedBy: (next) => !isTouched && !isOver && next.type === raw.type && next.id === raw.id,
    read,
    finish() {
      const block = read();
      const fields = { ...raw, ...changes.read() };
      if (!("input_json" in block)) return finishOther(fields, changes.input.readText());
      const input_json = block.input_json.trim() === "" ? "{}" : block.input_json;
      return { raw: { ...fields, input: parseInput(input_json) }, block: { ...block, input_json } };
    },
  };
}

/** What deltas change of a block. */
interface Changes {
  add(delta: MessagesDelta): void;
  /** The changed fields, but for the input: its pieces are no JSON while they come. */
  read(): Fields;
  readonly input: Pieces;
}

function createChanges(raw: Fields): Changes {
  const text = createPieces();
  const thinking = createPieces();
  const input = createPieces();
  const citations: unknown[] = [];
  let fields: Fields = {};
  return {
    input,
    add(delta) {
      if (delta.type === "text_delta") text.push(delta.text);
      else if (delta.type === "thinking_delta") thinking.push(delta.thinking);
      else if (delta.type === "input_json_delta") input.pushObject(delta.partial_json);
      else if (delta.type === "citations_delta") citations.push(delta.citation);
      else fields = { ...fields, ...readAssigned(raw.type, delta) };
    },
    read: () => ({
      ...fields,
      ...(text.isEmpty() ? {} : { text: textOf(raw.text) + text.readText() }),
      ...(thinking.isEmpty() ? {} : { thinking: textOf(raw.thinking) + thinking.readText() }),
      ...(citations.length === 0 ? {} : { citations: [...listOf(raw.citations), ...citations] }),
    }),
  };
}

/**
 * What a delta sets, and does not add to: a signature, and what was compacted, come whole, as Anthropic's own client reads them
 * (@anthropic-ai/sdk 1.11, read 2026-11-21). How another delta changes its block, nobody knows: it is told as it came.
 */
function readAssigned(kind: unknown, delta: Extract<MessagesDelta, { type: "signature_delta" | "other" }>): Fields {
  if (delta.type === "signature_delta") return delta.signature === "" ? {} : { signature: delta.signature };
  if (kind !== "compaction" || delta.delta.type !== "compaction_delta") return {};
  const { type: _, ...assigned } = delta.delta;
  return assigned;
}

const CALLS: ReadonlySet<unknown> = new Set(["tool_use", "server_tool_use", "mcp_tool_use"]);
const KNOWN: ReadonlySet<unknown> = new Set(["text", "thinking", "redacted_thinking", ...CALLS]);

/** True when a block of this kind may get the delta. What kinds we do not know take, we do not know either. */
function fits(kind: unknown, delta: MessagesDelta): boolean {
  if (!KNOWN.has(kind)) return true;
  switch (delta.type) {
    case "text_delta":
      return kind === "text" || delta.text === "";
    case "citations_delta":
      return kind === "text";
    case "thinking_delta":
      return kind === "thinking" || delta.thinking === "";
    case "signature_delta":
      return kind === "thinking" || delta.signature === "";
    case "input_json_delta":
      return CALLS.has(kind) || delta.partial_json === "";
    case "other":
      return true;
    default:
      return delta satisfies never;
  }
}

/** What the model wrote counts more than what the block began with. */
function withInput(block: MessagesBlock, input_json: string): MessagesBlock {
  return "input_json" in block && input_json !== "" ? { ...block, input_json } : block;
}

function finishOther(fields: Fields, input_json: string): { raw: Fields; block: MessagesBlock } {
  const raw = input_json === "" ? fields : { ...fields, input: parseInput(input_json) };
  return { raw, block: readBlock(raw) };
}

/** The protocol takes back an object and nothing else: of anything else the text is kept in `input_json`. */
function parseInput(text: string): Fields {
  try {
    const input: unknown = JSON.parse(text);
    return isObject(input) ? input : {};
  } catch {
    // A model may write broken JSON, or be cut off in the middle of it: whoever runs the call tells it so.
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
