import { type Answer, incompleteReason } from "./answer.ts";
import type { Json, OutputItem } from "./output-item.ts";
import { responseBody } from "./responses-body.ts";
import { outputItems } from "./responses-items.ts";

/** An item that is still open while later ones come and go. */
interface Open {
  readonly item: OutputItem;
  readonly at: number;
  left: number;
}

/** All events of a streamed answer in the order and shape of xai-wire 2.7, numbered from 0. */
export function responseEvents(answer: Answer): readonly Json[] {
  const items = outputItems(answer);
  const begun = responseBody(answer, "begun");
  return [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...itemEvents(items),
    ...terminal(answer),
  ].map((event, sequence_number) => ({ sequence_number, ...event }));
}

/** The terminal event carries the whole answer. A script may withhold it: such an answer is never finished. */
function terminal(answer: Answer): readonly Json[] {
  const { turn } = answer;
  if (turn.finishReason === null) return [];
  const end = turn.failed !== undefined ? "failed" : incompleteReason(turn) !== undefined ? "incomplete" : "completed";
  return [{ type: `response.${end}`, response: responseBody(answer, "ended") }];
}

/** Server calls may stay open while others run, and then close in another order than they opened. */
function itemEvents(items: readonly OutputItem[]): readonly Json[] {
  const events: Json[] = [];
  let open: Open[] = [];
  const closeWhere = (isDue: (entry: Open) => boolean): void => {
    for (const { item, at } of open.filter(isDue)) events.push(...item.events.slice(-1), doneEvent(item, at));
    open = open.filter((entry) => !isDue(entry));
  };
  for (const [at, item] of items.entries()) {
    if (!item.served) closeWhere(() => true);
    events.push({ type: "response.output_item.added", item: item.added, output_index: at });
    if (item.hold > 0) {
      events.push(...item.events.slice(0, -1));
      open.push({ item, at, left: item.hold });
      continue;
    }
    events.push(...item.events, doneEvent(item, at));
    for (const entry of open) entry.left--;
    closeWhere(({ left }) => left === 0);
  }
  closeWhere(() => true);
  return events;
}

function doneEvent(item: OutputItem, at: number): Json {
  return { type: "response.output_item.done", item: item.done, output_index: at };
}
