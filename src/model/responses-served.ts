import { freshId, type ServerCall } from "../message/index.ts";
import type { ServerTool } from "../tool/index.ts";
import { type Json, textOf } from "./json.ts";
import type { ModelEvent, ServerCallResult } from "./model.ts";
import { serverCall } from "./server-call.ts";
import { type CalledTool, calledTool, kindOfItem } from "./server-call-kind.ts";
import { serverResult } from "./server-result.ts";

/** The calls of server tools in one answer, as they come. Each is known by a key that its place in the answer gives it. */
export interface ServedItems {
  /** Whether the item is a call of a server tool: then its events, each once. */
  see(key: number, item: Json, now: Sighting): readonly ModelEvent[] | undefined;
  /** The input of a call is whole, in the field in which the finished item will have it. */
  input(key: number, field: Json, ms: number): readonly ModelEvent[];
  /** What the server says it is doing, at once; undefined when there is no such call. */
  phase(key: number, said: { item_type: string; phase: string }, ms: number): readonly ModelEvent[] | undefined;
  /** How the call ended; undefined for an item that is none. */
  result(key: number, item: Json, place: { index: number; isWhole: boolean }): ServerCallResult | undefined;
}

export interface Sighting {
  /** Milliseconds on the monotonic clock; undefined for what the whole answer says again, which is no sign of work. */
  ms: number | undefined;
  /** The item is finished, or its input is. */
  isDone: boolean;
}

interface Served {
  id: string;
  called: CalledTool;
  item: Json;
  isAsked: boolean;
  firstMs: number | undefined;
  lastMs: number | undefined;
}

export function createServedItems(serverTools: readonly ServerTool[]): ServedItems {
  const known = new Map<number, Served>();
  const ids = new Set<string>();

  function begin(key: number, item: Json, ms: number | undefined): Served | undefined {
    const called = calledTool(item, serverTools);
    if (called === undefined) return undefined;
    const id = freshId(textOf(item.id) ?? textOf(item.call_id) ?? `server_call_${key}`, (taken) => ids.has(taken));
    ids.add(id);
    const served = { id, called, item, isAsked: false, firstMs: ms, lastMs: ms };
    known.set(key, served);
    return served;
  }

  function ask(served: Served): ModelEvent[] {
    if (served.isAsked) return [];
    served.isAsked = true;
    return [{ type: "tool.input", call: serverCall(served.called, served.id, served.item) }];
  }

  return {
    see(key, item, { ms, isDone }) {
      const before = known.get(key);
      const served = before ?? begin(key, item, ms);
      if (served === undefined) return undefined;
      served.item = item;
      if (ms !== undefined) served.lastMs = ms;
      // Named again when it is whole: what began may not have said what it does.
      if (!served.isAsked) served.called = calledTool(item, serverTools) ?? served.called;
      const started: ModelEvent[] = before === undefined ? [{ type: "tool.started", call: named(served) }] : [];
      return isDone || item.status === "completed" ? [...started, ...ask(served)] : started;
    },
    input(key, field, ms) {
      const served = known.get(key);
      if (served === undefined) return []; // the finished item will say it
      served.lastMs = ms;
      served.item = { ...served.item, ...field };
      return ask(served);
    },
    phase(key, { item_type, phase }, ms) {
      const served = known.get(key);
      if (served === undefined || !isPhaseOf(item_type, served)) return undefined;
      served.lastMs = ms;
      return [executing(served, phase)];
    },
    result(key, item, place) {
      const served = known.get(key);
      if (served === undefined) return undefined;
      const result = serverResult(serverCall(served.called, served.id, item), item, place);
      const observedMs = (served.lastMs ?? 0) - (served.firstMs ?? 0);
      return observedMs > 0 ? { ...result, observedMs } : result;
    },
  };
}

/** By the item's own type, or another name of its kind: what is said of anything else says nothing of this call. */
function isPhaseOf(itemType: string, { item, called }: Served): boolean {
  if (itemType === textOf(item.type)) return true;
  if (itemType === "custom_tool_call") return called.kind === "x_search";
  return kindOfItem(itemType) === called.kind;
}

function named({ called, id }: Served): ServerCall {
  return serverCall(called, id, {});
}

function executing(served: Served, phase: string): ModelEvent {
  return { type: "tool.executing", call: named(served), phase };
}
