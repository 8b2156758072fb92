import { malformed } from "./chat-decode.ts";
import type { ChatToolCall, ChatToolCallDelta } from "./chat-types.ts";
import { createPieces, type Pieces } from "./pieces.ts";

/** The tool calls of one choice while they come, whole or in fragments. */
export interface CallList {
  add(delta: ChatToolCallDelta): void;
  /** By index. A call whose name did not come yet has the name "". */
  read(): readonly ChatToolCall[];
  isEmpty(): boolean;
}

interface CallBuffer {
  index: number;
  id: string;
  name: string;
  arguments: Pieces;
}

export function createCallList(): CallList {
  const calls = new Map<number, CallBuffer>();
  let last: CallBuffer | undefined;
  let highest = -1;
  let isSorted = true;
  const begin = (index: number): CallBuffer => {
    isSorted &&= index > highest;
    highest = Math.max(highest, index);
    const call: CallBuffer = { index, id: "", name: "", arguments: createPieces() };
    calls.set(index, call);
    return call;
  };
  return {
    isEmpty: () => calls.size === 0,
    add(delta) {
      last = findCall(calls, delta, last) ?? begin(delta.index ?? nextIndex(calls));
      last.id = settle(last.id, delta.id, "id");
      last.name = settle(last.name, delta.name, "name");
      if (delta.arguments !== undefined) last.arguments.pushObject(delta.arguments);
    },
    read() {
      const inOrder = [...calls.values()];
      if (!isSorted) inOrder.sort((a, b) => a.index - b.index);
      return inOrder.map(readCall);
    },
  };
}

/** The call a fragment continues; undefined when it begins one. */
function findCall(
  calls: ReadonlyMap<number, CallBuffer>,
  delta: ChatToolCallDelta,
  last: CallBuffer | undefined,
): CallBuffer | undefined {
  if (delta.index !== undefined) return calls.get(delta.index);
  // Without an index the id tells; without an id a name begins a call, and bare arguments continue the last.
  if (delta.id !== undefined) return [...calls.values()].find((call) => call.id === delta.id);
  if (delta.name !== undefined) return undefined;
  if (last === undefined) throw malformed("a fragment of a tool call belongs to no call");
  return last;
}

function nextIndex(calls: ReadonlyMap<number, CallBuffer>): number {
  return Math.max(-1, ...calls.keys()) + 1;
}

/** The first id and name count; repeated is fine, another one is a contradiction. */
function settle(known: string, next: string | undefined, what: string): string {
  if (next === undefined || next === known) return known;
  if (known === "") return next;
  throw malformed(`one tool call has two ${what}s`);
}

function readCall(call: CallBuffer): ChatToolCall {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments.readText() } };
}
