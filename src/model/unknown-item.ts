import { INVALID_UTF8, type UnknownItem } from "../wire/index.ts";
import { wireItem } from "./json.ts";
import type { ModelEvent } from "./model.ts";

/** What an item that is no piece of the answer is shown as: kept whole, but for what the wire itself has to say of the answer. */
export function shownUnknown(item: UnknownItem): ModelEvent {
  if (item !== INVALID_UTF8) return { type: "wire", item: wireItem(item) };
  const message =
    "Some bytes of the answer were no UTF-8 text: U+FFFD stands in their place, in its text or its arguments.";
  return { type: "warning", code: "invalid_utf8", message };
}
