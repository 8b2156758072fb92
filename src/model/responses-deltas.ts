import type { Clock } from "../clock.ts";
import type { ServerTool } from "../tool/index.ts";
import type { ResponsesDeltaEvent, ResponsesEvent, ResponsesResponse, ResponsesUsage } from "../wire/index.ts";
import { asJson, type Json } from "./json.ts";
import type { ModelEvent, ServerCallResult } from "./model.ts";
import { createItemKeys } from "./responses-keys.ts";
import { createServedItems, type Sighting } from "./responses-served.ts";
import { createShownTexts, type ShownText } from "./responses-shown.ts";
import { decodeResponsesCost, decodeResponsesUsage } from "./responses-usage.ts";
import { shownUnknown } from "./unknown-item.ts";

/** Turns the events of one answer into ours as they come. What several events carry is told once. */
export interface ResponsesDeltas {
  /** The events of one network read, in order. */
  read(events: readonly ResponsesEvent[]): readonly ModelEvent[];
  /** What the whole answer holds and no event told; and how its server calls ended, in the order of the answer. */
  finish(response: ResponsesResponse): { events: readonly ModelEvent[]; serverCalls: readonly ServerCallResult[] };
}

type PlacedEvent = Exclude<
  ResponsesEvent,
  | ResponsesDeltaEvent
  | { type: "unknown" }
  | { response: unknown }
  | { item: unknown }
  | { part: unknown }
  | { annotation: unknown }
>;

export function createResponsesDeltas(serverTools: readonly ServerTool[], clock: Clock): ResponsesDeltas {
  const keys = createItemKeys();
  const served = createServedItems(serverTools);
  const texts = createShownTexts();
  const shownItems = new Set<number>();
  /** Messages and calls of our tools that were whole before the end. */
  const streamed = new Set<number>();
  const showUsage = createUsageNews();
  let pieces: ResponsesDeltaEvent["type"] | undefined;

  function readItem(key: number, item: Json, now: Sighting): readonly ModelEvent[] {
    const calls = served.see(key, item, now);
    if (calls !== undefined) return calls;
    if (texts.holds(item)) return now.isDone ? texts.finish(key, item) : listed(texts.begin(key, item));
    if (!now.isDone || shownItems.has(key)) return [];
    shownItems.add(key);
    return [{ type: "wire", item }];
  }

  function readDelta({ type, output_index, part_index, delta }: ResponsesDeltaEvent): ModelEvent | undefined {
    const name = SHOWN[type];
    return name === undefined ? undefined : texts.add(output_index, name, part_index, delta);
  }

  function readPlaced(event: PlacedEvent, ms: number): readonly ModelEvent[] {
    const { output_index: key } = event;
    if ("phase" in event) return served.phase(key, event, ms) ?? [{ type: "wire", item: event }];
    const name = SHOWN[event.type];
    if (name !== undefined) return listed(texts.whole(key, name, event.part_index, event.text));
    const field = INPUTS[event.type];
    return field === undefined ? [] : served.input(key, { [field]: event.text }, ms);
  }

  function readEvent(event: Exclude<ResponsesEvent, ResponsesDeltaEvent>, ms: number): readonly ModelEvent[] {
    // A ping is known, and says nothing.
    if (event.type === "unknown") return event.event === "ping" ? [] : [shownUnknown(event)];
    if ("response" in event) return showUsage(event.response.usage);
    if ("item" in event) {
      const item = asJson(event.item);
      const isDone = event.type === "response.output_item.done";
      keys.note(event.output_index, item);
      if (isDone && (item.type === "message" || item.type === "function_call")) streamed.add(event.output_index);
      return readItem(event.output_index, item, { ms, isDone });
    }
    // Parts and annotations come again in their item, and are read there.
    return "part" in event || "annotation" in event ? [] : readPlaced(event, ms);
  }

  return {
    read(events) {
      const ms = clock.monotonic();
      const shown: ModelEvent[] = [];
      for (const event of events) {
        // Most are pieces of a text, as the one before: they are told at once, and have no list each.
        if (event.type === pieces || "delta" in event) {
          pieces = event.type;
          const delta = readDelta(event);
          if (delta !== undefined) shown.push(delta);
        } else shown.push(...readEvent(event, ms));
      }
      return shown;
    },
    finish(response) {
      const isWhole = response.status === "completed";
      const events: ModelEvent[] = [];
      const serverCalls: ServerCallResult[] = [];
      response.output.map(asJson).forEach((item, index) => {
        const key = keys.find(index, item);
        streamed.delete(key);
        events.push(...readItem(key, item, { ms: undefined, isDone: true }));
        const result = served.result(key, item, { index, isWhole });
        if (result !== undefined) serverCalls.push(result);
      });
      if (texts.isContradicted() || streamed.size > 0) events.push(contradicted(streamed.size));
      return { events, serverCalls };
    },
  };
}

/** Events whose texts are shown while they come. */
const SHOWN: Readonly<Record<string, ShownText>> = Object.fromEntries(
  (["output_text", "reasoning_summary_text", "reasoning_text", "function_call_arguments"] as const).flatMap((name) => [
    [`response.${name}.delta`, name],
    [`response.${name}.done`, name],
  ]),
);

/** Events that make the input of a server call whole, with the field in which its item will hold it. */
const INPUTS: Readonly<Record<string, string>> = {
  "response.custom_tool_call_input.done": "input",
  "response.mcp_call_arguments.done": "arguments",
  "response.code_interpreter_call_code.done": "code",
};

/** The end is the authority: it is what the server will hold us to when the conversation goes on. */
function contradicted(lost: number): ModelEvent {
  const what = lost > 0 ? `lacks ${lost} of the items that were streamed` : "has other texts than were streamed";
  const message = `The end of the answer ${what}. The turn is what the end says; what was shown of it before may differ.`;
  return { type: "warning", code: "answer_contradicted", message };
}

function listed<T>(one: T | undefined): readonly T[] {
  return one === undefined ? [] : [one];
}

/** Tells of usage when it is news: servers repeat it. */
function createUsageNews(): (latest: ResponsesUsage | undefined) => readonly ModelEvent[] {
  let known = "";
  return (latest) => {
    const usage = latest === undefined ? undefined : decodeResponsesUsage(latest);
    const seen = JSON.stringify(latest);
    if (usage === undefined || seen === known) return [];
    known = seen;
    return [{ type: "usage", usage, cost: decodeResponsesCost(latest) }];
  };
}
