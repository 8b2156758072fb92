import type { Pieces } from "./pieces.ts";
import { isTerminal } from "./responses.ts";
import type { ResponsesDeltaEvent, ResponsesEvent, ResponsesHead, ResponsesPhaseEvent } from "./responses-events.ts";
import type { ResponsesOutputItem, ResponsesStatus } from "./responses-items.ts";
import { createSlot, type ItemLabel, labelOf, type Slot } from "./responses-slot.ts";
import type { ResponsesResponse, ResponsesUsage } from "./responses-types.ts";
import { checkItem, incompleteResponse, malformedResponse } from "./responses-whole.ts";

/** An answer as far as it has come. Its fields are read live: they grow with the stream. */
export interface ResponsesPartial {
  readonly object: "response";
  /** `""` until the server said. */
  readonly id: string;
  readonly created_at: number | undefined;
  /** `""` until the server said. */
  readonly model: string;
  /** `in_progress` until the terminal event. */
  readonly status: ResponsesStatus;
  /** Items in their order, with what came of their texts; empty until one began. */
  readonly output: readonly ResponsesOutputItem[];
  readonly usage: ResponsesUsage | undefined;
}

/** Folds the events of one answer. */
export interface ResponsesAccumulator {
  /** What follows the terminal event is ignored. @throws {AgentError} `malformed_event` (retryable) when two events contradict each other. */
  add(event: ResponsesEvent): void;
  /**
   * The whole answer, as the terminal event has it; only texts that it lacks are taken from the stream.
   * @throws {AgentError} `stream_incomplete` (retryable) when there was no terminal event; `malformed_event` (retryable) when
   * it contradicts what was streamed.
   */
  finish(): ResponsesResponse;
  /** The answer so far: one object, the same each time, whose fields are put together when they are read. */
  partial(): ResponsesPartial;
}

/** An accumulator for items that interleave and end in any order, in linear time. */
export function createResponsesAccumulator(): ResponsesAccumulator {
  const slots = new Map<number, Slot>();
  let head: ResponsesHead = {};
  let terminal: ResponsesResponse | undefined;
  let partial: ResponsesPartial | undefined;
  let growing: (TextPlace & { pieces: Pieces }) | undefined;
  const slotAt = (index: number): Slot => {
    const slot = slots.get(index) ?? createSlot();
    slots.set(index, slot);
    return slot;
  };
  const addPiece = (event: ResponsesDeltaEvent): void => {
    const { type, output_index, part_index } = event;
    growing = { type, output_index, part_index, pieces: slotAt(output_index).texts.piecesOf(event) };
    growing.pieces.push(event.delta);
  };
  return {
    add(event) {
      if (terminal !== undefined) return;
      // Pieces of one text follow each other: most are told by that, and are not looked at for what else they may be.
      if (growing !== undefined && isPieceOf(growing, event)) growing.pieces.push(event.delta);
      else if (event.type === "unknown" || "phase" in event) return;
      else if ("delta" in event) addPiece(event);
      else if (isTerminal(event)) terminal = event.response;
      else if ("response" in event) head = { ...head, ...event.response };
      else addToSlot(slotAt(event.output_index), event);
    },
    finish() {
      if (terminal === undefined) throw incompleteResponse("before its terminal event");
      const output =
        terminal.output.length === 0 ? readStreamed(inOrder(slots)) : completeOutput(terminal.output, slots);
      return { ...terminal, output };
    },
    partial() {
      partial ??= livePartial(() => ({ head, terminal, slots }));
      return partial;
    },
  };
}

function inOrder(slots: ReadonlyMap<number, Slot>): Slot[] {
  return [...slots].sort(([a], [b]) => a - b).map(([, slot]) => slot);
}

type TextPlace = Pick<ResponsesDeltaEvent, "type" | "output_index" | "part_index">;

function isPieceOf(text: TextPlace, event: ResponsesEvent): event is ResponsesDeltaEvent {
  if (event.type !== text.type) return false;
  return event.output_index === text.output_index && event.part_index === text.part_index;
}

type SlotEvent = Exclude<Extract<ResponsesEvent, { output_index: number }>, ResponsesPhaseEvent | ResponsesDeltaEvent>;

function addToSlot(slot: Slot, event: SlotEvent): void {
  if ("item" in event) slot.setItem(event);
  else if ("part" in event) slot.texts.setPart(event);
  else if ("annotation" in event) slot.texts.addAnnotation(event);
  else slot.texts.setText(event);
}

/** A terminal event without output (proxies send it so) says nothing of the items: then what was streamed is the answer. */
function readStreamed(slots: readonly Slot[]): readonly ResponsesOutputItem[] {
  return slots.map((slot) => {
    const item = slot.read();
    if (item === undefined) throw malformedResponse("there is text of an item that never began");
    return checkItem(item);
  });
}

/** Each item with what was streamed of it. */
function completeOutput(
  output: readonly ResponsesOutputItem[],
  slots: ReadonlyMap<number, Slot>,
): readonly ResponsesOutputItem[] {
  return matchSlots(output.map(labelOf), slots).map((slot, place) => {
    // Every place of the match is one of the output.
    const item = output[place] as ResponsesOutputItem;
    return slot === undefined ? item : checkItem(slot.complete(item));
  });
}

/**
 * The slot of each item of the terminal event. Its place and id together are sure; an id alone where places have shifted,
 * if only one slot has it, since servers repeat ids; and a place alone where proxies have changed the ids.
 */
function matchSlots(labels: readonly ItemLabel[], slots: ReadonlyMap<number, Slot>): readonly (Slot | undefined)[] {
  const taken = new Set<Slot>();
  const take = (slot: Slot | undefined): Slot | undefined => {
    if (slot === undefined || taken.has(slot)) return undefined;
    taken.add(slot);
    return slot;
  };
  const byId = slotsById(slots);
  const sure = labels.map(({ id, type }, place) => {
    const slot = slots.get(place);
    const isSame = id !== undefined && slot?.label()?.id === id;
    // Another kind under an id of its own is a contradiction, which the slot will tell.
    return isSame && (slot.label()?.type === type || byId.get(id) === slot) ? take(slot) : undefined;
  });
  const moved = labels.map(({ id }, place) => sure[place] ?? (id === undefined ? undefined : take(byId.get(id))));
  return labels.map(({ type }, place) => {
    const slot = slots.get(place);
    const label = slot?.label();
    const isSameKind = label === undefined || label.type === type;
    return moved[place] ?? (isSameKind ? take(slot) : undefined);
  });
}

/** Slots by the ids that no other slot has. */
function slotsById(slots: ReadonlyMap<number, Slot>): ReadonlyMap<string, Slot | undefined> {
  const byId = new Map<string, Slot | undefined>();
  for (const slot of slots.values()) {
    const id = slot.label()?.id;
    if (id !== undefined) byId.set(id, byId.has(id) ? undefined : slot);
  }
  return byId;
}

interface Known {
  head: ResponsesHead;
  terminal: ResponsesResponse | undefined;
  slots: ReadonlyMap<number, Slot>;
}

/**
 * One object of getters: looking at every event at what came so far must not rebuild the whole each time. Made for whoever asks: V8 gives
 * every object with getters a shape of its own, which keeps all that they see alive until the next full collection.
 */
function livePartial(read: () => Known): ResponsesPartial {
  return {
    object: "response",
    get id() {
      const { head, terminal } = read();
      return terminal?.id ?? head.id ?? "";
    },
    get created_at() {
      const { head, terminal } = read();
      return terminal?.created_at ?? head.created_at;
    },
    get model() {
      const { head, terminal } = read();
      return terminal?.model ?? head.model ?? "";
    },
    get status() {
      return read().terminal?.status ?? "in_progress";
    },
    get output() {
      const { terminal, slots } = read();
      if (terminal !== undefined && terminal.output.length > 0) return terminal.output;
      return inOrder(slots).flatMap((slot) => slot.read() ?? []);
    },
    get usage() {
      const { head, terminal } = read();
      return terminal?.usage ?? head.usage;
    },
  };
}
