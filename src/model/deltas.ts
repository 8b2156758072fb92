import type { ChatChunk, ChatDelta, ChatToolCallDelta, ChatUsage } from "../wire/index.ts";
import { decodeCost, decodeUsage } from "./decode.ts";
import type { ModelEvent } from "./model.ts";
import { shownUnknown } from "./unknown-item.ts";

/** Turns the chunks of one answer into events, as they come and however they are split into network reads. */
export interface DeltaDecoder {
  /**
   * Adds the events of one chunk, in order; none when it shows nothing new.
   * @param usage What the answer so far reports.
   */
  read(chunk: ChatChunk, usage: ChatUsage | undefined, events: ModelEvent[]): void;
}

/** A call whose fragments are coming in. */
interface OpenCall {
  index: number;
  tool: string;
  /** Fragments that came before the name. */
  held: string;
}

export function createDeltaDecoder(): DeltaDecoder {
  let calls: OpenCalls | undefined; // most answers have none
  let known: ChatUsage | undefined;

  function pushUsage(events: ModelEvent[], latest: ChatUsage): void {
    const isNews = known === undefined || JSON.stringify(latest) !== JSON.stringify(known);
    known = latest;
    const usage = isNews ? decodeUsage(latest) : undefined;
    if (usage !== undefined) events.push({ type: "usage", usage, cost: decodeCost(latest) });
  }

  return {
    read(chunk, latest, events) {
      if (chunk.type === "unknown") return void events.push(shownUnknown(chunk));
      for (const choice of chunk.choices) {
        // One answer was asked for; should there be more, the turn is the first.
        if (choice.index !== 0) continue;
        pushText(events, choice.delta);
        for (const fragment of choice.delta.tool_calls ?? []) {
          calls ??= openCalls();
          const event = calls.add(fragment);
          if (event !== undefined) events.push(event);
        }
      }
      // The same object, as long as nothing was reported anew.
      if (latest !== undefined && latest !== known) pushUsage(events, latest);
    },
  };
}

function pushText(events: ModelEvent[], delta: ChatDelta): void {
  if (delta.reasoning_content) events.push({ type: "reasoning.delta", delta: delta.reasoning_content });
  if (delta.content) events.push({ type: "text.delta", delta: delta.content });
}

interface OpenCalls {
  add(fragment: ChatToolCallDelta): ModelEvent | undefined;
}

/**
 * Names the call that a fragment belongs to, by the rules the accumulator of the wire joins them by: the index tells;
 * without one the id; without both a name begins a call, and bare arguments continue the last. The first event of a call
 * may be empty: it says that the call has begun.
 */
function openCalls(): OpenCalls {
  const byIndex = new Map<number, OpenCall>();
  const byId = new Map<string, OpenCall>();
  let last: OpenCall | undefined;

  function find({ index, id, name }: ChatToolCallDelta): OpenCall | undefined {
    if (index !== undefined) return byIndex.get(index);
    if (id !== undefined) return byId.get(id);
    return name === undefined ? last : undefined;
  }

  function begin(wireIndex: number): OpenCall {
    const call: OpenCall = { index: byIndex.size, tool: "", held: "" };
    byIndex.set(wireIndex, call);
    return call;
  }

  return {
    add(fragment) {
      const call = find(fragment) ?? begin(fragment.index ?? Math.max(-1, ...byIndex.keys()) + 1);
      last = call;
      if (fragment.id !== undefined) byId.set(fragment.id, call);
      const delta = fragment.arguments ?? "";
      if (call.tool !== "") return delta === "" ? undefined : toolDelta(call, delta);
      call.held += delta;
      if (!fragment.name) return undefined;
      call.tool = fragment.name;
      return toolDelta(call, call.held);
    },
  };
}

function toolDelta({ index, tool }: OpenCall, delta: string): ModelEvent {
  return { type: "tool.input.delta", index, tool, delta };
}
