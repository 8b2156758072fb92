import type { ResponsesItemEvent } from "./responses-events.ts";
import { fillItem, textsOf } from "./responses-fill.ts";
import type { ResponsesOutputItem } from "./responses-items.ts";
import { createStreamedTexts, type StreamedTexts } from "./responses-texts.ts";
import { malformedResponse } from "./responses-whole.ts";

/** One place of the output while its item comes. */
export interface Slot {
  readonly texts: StreamedTexts;
  /** Kind and id of its item; undefined while it has not begun. */
  label(): ItemLabel | undefined;
  /** @throws {AgentError} `malformed_event` when another item is here already. */
  setItem(event: ResponsesItemEvent): void;
  /** The item as far as it has come; undefined while it has not begun. */
  read(): ResponsesOutputItem | undefined;
  /** The item as the terminal event has it, with the texts it lacks. @throws {AgentError} `malformed_event` when it is another. */
  complete(final: ResponsesOutputItem): ResponsesOutputItem;
}

/** What an item is known by. */
export interface ItemLabel {
  type: string;
  /** Undefined when it has none, which servers also write as `""`. */
  id: string | undefined;
}

export function labelOf({ type, id }: ResponsesOutputItem): ItemLabel {
  return { type, id: typeof id === "string" && id !== "" ? id : undefined };
}

export function createSlot(): Slot {
  const texts = createStreamedTexts();
  let item: ResponsesOutputItem | undefined;
  let isDone = false;
  return {
    texts,
    label: () => (item === undefined ? undefined : labelOf(item)),
    setItem({ type, item: next }) {
      if (item !== undefined) checkSame(item, next);
      const ends = type === "response.output_item.done";
      // What is done stays done: an item that is announced again does not begin anew.
      if (ends || !isDone) item = next;
      isDone ||= ends;
    },
    read: () => (item === undefined || isDone ? item : fillItem(item, texts.read())),
    complete(final) {
      if (item !== undefined) checkSame(item, final);
      const known = item === undefined ? final : fillItem(final, textsOf(item));
      return fillItem(known, texts.read());
    },
  };
}

/** Ids of items are not compared: proxies change them. What we act on is. */
function checkSame(known: ResponsesOutputItem, next: ResponsesOutputItem): void {
  if (known.type !== next.type) throw malformedResponse("one place of the output holds two kinds of item");
  if (next.type !== "function_call") return;
  for (const name of ["call_id", "name"] as const) {
    const [was, is] = [Reflect.get(known, name), Reflect.get(next, name)];
    if (typeof was === "string" && was !== "" && is !== was) {
      throw malformedResponse(`one function call has two ${name}s`);
    }
  }
}
