import { type Json, objectsOf, textOf } from "./json.ts";
import type { ModelEvent } from "./model.ts";
import { MESSAGE_GAP } from "./responses-text.ts";

type TextDelta = Extract<ModelEvent, { type: "text.delta" | "reasoning.delta" | "tool.input.delta" }>;

/** A text that comes in pieces, of a kind that is shown while it comes. */
export type ShownText = "output_text" | "reasoning_summary_text" | "reasoning_text" | "function_call_arguments";

/** What was shown of messages, reasoning and the arguments of our own tools: what comes again is not shown again. */
export interface ShownTexts {
  /** Whether an item of this type is shown by its texts. */
  holds(item: Json): boolean;
  begin(key: number, item: Json): TextDelta | undefined;
  /** A piece of a text. */
  add(key: number, name: ShownText, part: number, delta: string): TextDelta | undefined;
  /** A whole text: what of it was not shown. */
  whole(key: number, name: ShownText, part: number, text: string): TextDelta | undefined;
  /** A whole item: what of its texts was not shown. */
  finish(key: number, item: Json): readonly TextDelta[];
  /** A whole text was another than its pieces: what was shown cannot be taken back, and the turn says it right. */
  isContradicted(): boolean;
}

/** One text of the answer, and what of it was shown; undefined while nothing was. */
interface Place {
  key: number;
  name: ShownText;
  part: number;
  text: string | undefined;
}

interface OpenCall {
  index: number;
  tool: string;
}

export function createShownTexts(): ShownTexts {
  const places = new Map<string, Place>();
  let last: Place | undefined;
  const calls = new Map<number, OpenCall>();
  let lastMessage: number | undefined;
  let hasReasoning = false;
  let isContradicted = false;

  function show(key: number, name: ShownText, delta: string, isFirst: boolean): TextDelta | undefined {
    if (name === "function_call_arguments") {
      const call = calls.get(key);
      return call === undefined ? undefined : { type: "tool.input.delta", ...call, delta };
    }
    if (name === "output_text") {
      const gap = lastMessage === undefined || lastMessage === key ? "" : MESSAGE_GAP;
      lastMessage = key;
      return { type: "text.delta", delta: gap + delta };
    }
    const gap = isFirst && hasReasoning ? MESSAGE_GAP : "";
    hasReasoning = true;
    return { type: "reasoning.delta", delta: gap + delta };
  }

  /** Pieces of one text follow each other: the last place is the next one, for all but a few. */
  function placeOf(key: number, name: ShownText, part: number): Place {
    if (last !== undefined && last.key === key && last.name === name && last.part === part) return last;
    const id = `${key} ${name} ${part}`;
    last = places.get(id) ?? { key, name, part, text: undefined };
    places.set(id, last);
    return last;
  }

  function add(key: number, name: ShownText, part: number, delta: string): TextDelta | undefined {
    // Arguments whose call was not announced are shown with the whole item, which names it.
    if (name === "function_call_arguments" && !calls.has(key)) return undefined;
    const place = placeOf(key, name, part);
    const isFirst = place.text === undefined;
    place.text = (place.text ?? "") + delta;
    return show(key, name, delta, isFirst);
  }

  function whole(key: number, name: ShownText, part: number, text: string): TextDelta | undefined {
    const before = placeOf(key, name, part).text ?? "";
    if (text.startsWith(before)) {
      return text.length > before.length ? add(key, name, part, text.slice(before.length)) : undefined;
    }
    isContradicted ||= text !== ""; // an item that leaves its text out says no other
    return undefined;
  }

  function begin(key: number, item: Json): TextDelta | undefined {
    const tool = item.type === "function_call" ? textOf(item.name) : undefined;
    if (tool === undefined || calls.has(key)) return undefined;
    const call = { index: calls.size, tool };
    calls.set(key, call);
    return { type: "tool.input.delta", ...call, delta: "" };
  }

  return {
    holds: ({ type }) => type === "message" || type === "reasoning" || type === "function_call",
    begin,
    add,
    whole,
    finish(key, item) {
      const deltas = [begin(key, item), ...textsOf(item).map(([name, part, text]) => whole(key, name, part, text))];
      return deltas.filter((delta) => delta !== undefined);
    },
    isContradicted: () => isContradicted,
  };
}

function textsOf(item: Json): readonly (readonly [ShownText, number, string])[] {
  if (item.type === "function_call") return [["function_call_arguments", 0, textOf(item.arguments) ?? ""]];
  const texts: [ShownText, number, string][] = [];
  const read = (name: ShownText, list: unknown): void => {
    objectsOf(list).forEach(({ type, text }, part) => {
      // A message may hold a refusal, which is no part of its text.
      if (name !== "output_text" || type === "output_text") texts.push([name, part, textOf(text) ?? ""]);
    });
  };
  if (item.type === "message") read("output_text", item.content);
  if (item.type === "reasoning") {
    read("reasoning_summary_text", item.summary);
    read("reasoning_text", item.content);
  }
  return texts;
}
