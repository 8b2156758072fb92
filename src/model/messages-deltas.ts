import type { Clock } from "../clock.ts";
import type { MessagesAnswer, MessagesBlock, MessagesDelta, MessagesEvent, MessagesUsage } from "../wire/index.ts";
import type { Json } from "./json.ts";
import { createServedBlocks, isResult } from "./messages-served.ts";
import { createTextJoin } from "./messages-text.ts";
import { decodeMessagesCost, decodeMessagesUsage } from "./messages-usage.ts";
import type { ModelEvent, ServerCallResult } from "./model.ts";
import { MESSAGE_GAP } from "./responses-text.ts";
import { shownUnknown } from "./unknown-item.ts";

/** Turns the events of one answer into ours as they come. */
export interface MessagesDeltas {
  /**
   * Adds what an event shows to `events`, in order.
   * @param usage What the answer so far reports.
   */
  read(event: MessagesEvent, usage: () => MessagesUsage | undefined, events: ModelEvent[]): void;
  /** What the whole answer holds and no event told; and how its server calls ended, in the order of the answer. */
  finish(answer: MessagesAnswer): { events: readonly ModelEvent[]; serverCalls: readonly ServerCallResult[] };
}

/** A block, and how much of its text was shown. */
interface Shown {
  type: MessagesBlock["type"];
  length: number;
  /** Of a call of one of our functions. */
  call?: { index: number; tool: string };
  /** Pieces of the input of a server call. */
  pieces: string[];
  /** Of a block of a kind that we do not know, until it is shown: as it began. */
  raw?: Json | undefined;
  /** Pieces came to such a block: what it became, only the whole answer tells. */
  isChanged?: boolean;
}

export function createMessagesDeltas(clock: Clock): MessagesDeltas {
  const blocks = new Map<number, Shown>();
  const served = createServedBlocks();
  const join = createTextJoin();
  const showUsage = createUsageNews();
  let calls = 0;
  let hasReasoning = false;

  function begin(index: number, block: MessagesBlock, raw: Json, events: ModelEvent[]): void {
    if (blocks.has(index)) return;
    const shown: Shown = { type: block.type, length: 0, pieces: [] };
    blocks.set(index, shown);
    join.begin(block.type);
    if (block.type === "text") show(shown, block.text, events);
    else if (block.type === "thinking") show(shown, block.thinking, events);
    else if (block.type === "tool_use") {
      shown.call = { index: calls++, tool: block.name };
      events.push({ type: "tool.input.delta", ...shown.call, delta: "" });
    } else if (block.type === "server_tool_use" || block.type === "mcp_tool_use") {
      events.push(...served.begin(index, block, clock.monotonic()));
    } else if (block.type === "other" && !(isResult(raw) && served.sight(raw, clock.monotonic()))) shown.raw = raw;
  }

  /** Shows the next piece of a text, of thinking or of arguments. */
  function show(shown: Shown, delta: string, events: ModelEvent[]): void {
    if (delta === "") return;
    const isFirst = shown.length === 0;
    shown.length += delta.length;
    if (shown.call !== undefined) events.push({ type: "tool.input.delta", ...shown.call, delta });
    else if (shown.type === "text")
      events.push({ type: "text.delta", delta: isFirst ? join.gapBefore() + delta : delta });
    else {
      const gap = isFirst && hasReasoning ? MESSAGE_GAP : "";
      hasReasoning = true;
      events.push({ type: "reasoning.delta", delta: gap + delta });
    }
  }

  function add(index: number, delta: MessagesDelta, events: ModelEvent[]): void {
    const shown = blocks.get(index);
    if (shown === undefined) return;
    shown.isChanged = true;
    if (delta.type === "text_delta" && shown.type === "text") show(shown, delta.text, events);
    else if (delta.type === "thinking_delta" && shown.type === "thinking") show(shown, delta.thinking, events);
    else if (delta.type === "input_json_delta" && shown.call !== undefined) show(shown, delta.partial_json, events);
    else if (delta.type === "input_json_delta") shown.pieces.push(delta.partial_json);
    else if (delta.type === "other") {
      events.push({ type: "wire", item: { type: "content_block_delta", index, delta: delta.delta } });
    }
  }

  function stop(index: number, events: ModelEvent[]): void {
    const shown = blocks.get(index);
    if (shown === undefined) return;
    const input = shown.pieces.join("");
    // A call that began with its input is asked with the whole answer, which holds it.
    if (input !== "") events.push(...served.ask(index, input));
    if (shown.raw === undefined || shown.isChanged === true) return;
    events.push({ type: "wire", item: shown.raw });
    shown.raw = undefined;
  }

  function finishBlock(index: number, block: MessagesBlock, events: ModelEvent[]): void {
    const shown = blocks.get(index);
    if (shown === undefined) return;
    // What differs from what was shown cannot be taken back: the turn says it right.
    if (block.type === "text") show(shown, block.text.slice(shown.length), events);
    else if (block.type === "thinking") show(shown, block.thinking.slice(shown.length), events);
    else if (block.type === "tool_use") show(shown, block.input_json.slice(shown.length), events);
    else if (block.type === "other" && shown.raw !== undefined) events.push({ type: "wire", item: block.block });
    else if (block.type === "server_tool_use" || block.type === "mcp_tool_use") {
      events.push(...served.ask(index, block.input_json));
    }
  }

  return {
    read(event, usage, events) {
      switch (event.type) {
        case "content_block_delta":
          return add(event.index, event.delta, events);
        case "content_block_start":
          return begin(event.index, event.block, event.raw, events);
        case "content_block_stop":
          return stop(event.index, events);
        case "message_start":
        case "message_delta":
          return showUsage(usage(), events);
        case "unknown":
          return void events.push(shownUnknown(event));
        default:
          return; // a ping, and the end
      }
    },
    finish({ content }) {
      const events: ModelEvent[] = [];
      const order = [...blocks.keys()].sort((a, b) => a - b);
      const results = content.flatMap((block) =>
        block.type === "other" && isResult(block.block) ? [block.block] : [],
      );
      const serverCalls = content.flatMap((block, position) => {
        const index = order[position] ?? position;
        finishBlock(index, block, events);
        if (block.type !== "server_tool_use" && block.type !== "mcp_tool_use") return [];
        return served.result(index, block.input_json, results) ?? [];
      });
      return { events, serverCalls };
    },
  };
}

/** Tells of usage when it is news: servers repeat it. */
function createUsageNews(): (latest: MessagesUsage | undefined, events: ModelEvent[]) => void {
  let known = "";
  return (latest, events) => {
    const usage = latest === undefined ? undefined : decodeMessagesUsage(latest);
    const seen = JSON.stringify(latest);
    if (usage === undefined || seen === known) return;
    known = seen;
    events.push({ type: "usage", usage, cost: decodeMessagesCost(latest) });
  };
}
