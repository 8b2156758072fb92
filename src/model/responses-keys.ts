import { type Json, textOf } from "./json.ts";

/** Finds the item of a stream again in the whole answer: it is known by its `output_index`, and its id may change or be empty. */
export interface ItemKeys {
  /** Notes an item of the stream. */
  note(outputIndex: number, item: Json): void;
  /** The key of an item of the whole answer: the one it had in the stream, or a new one. */
  find(position: number, item: Json): number;
}

/** Above every `output_index` there can be. */
const NEW_KEYS = 1_000_000_000;

export function createItemKeys(): ItemKeys {
  const known = new Map<number, { id: string | undefined; type: unknown }>();
  const byId = new Map<string, number>();
  return {
    note(outputIndex, item) {
      const id = textOf(item.id);
      known.set(outputIndex, { id, type: item.type });
      if (id !== undefined) byId.set(id, outputIndex);
    },
    find(position, item) {
      const id = textOf(item.id);
      const there = known.get(position);
      if (there === undefined) return (id === undefined ? undefined : byId.get(id)) ?? position;
      if (there.id === id) return position;
      const elsewhere = id === undefined ? undefined : byId.get(id);
      if (elsewhere !== undefined) return elsewhere;
      return there.type === item.type ? position : NEW_KEYS + position;
    },
  };
}
