import type { StandardTypedV1 } from "@standard-schema/spec";
import type { Stored, ToolSchema } from "../tool/index.ts";

/**
 * What an agent with this `output` schema answers: what the schema gives out, as the record holds it. Plain JSON Schema has
 * no types: an object of unknown values where it says `type: "object"`, otherwise anything.
 */
export type OutputOf<S extends ToolSchema | undefined> = S extends StandardTypedV1
  ? Stored<StandardTypedV1.InferOutput<S>>
  : S extends { readonly type: "object" }
    ? { [key: string]: unknown }
    : S extends undefined
      ? undefined
      : unknown;

/**
 * An answer that is still being written. Whatever has not come is absent, lists may go on, and a text may be cut anywhere,
 * so that one of a fixed choice is any text. Defaults and transforms of the schema are not applied yet.
 */
export type PartialOutput<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? PartialOutput<Item>[]
    : T extends object
      ? { [K in keyof T]?: PartialOutput<T[K]> }
      : T;
