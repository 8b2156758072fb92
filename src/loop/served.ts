import { addTaint, bringsText, type NewEvent, type SearchCall, type TaintSource } from "../event/index.ts";
import { type Citation, type FoundBy, freshId, type ServerCall, type Source, type ToolCall } from "../message/index.ts";
import type { ModelEvent, ServerCallResult } from "../model/index.ts";

export type ServedEvent = Extract<ModelEvent, { type: "tool.started" | "tool.input" | "tool.executing" }>;

/** The calls of server tools in one attempt at a turn: what was said of each so far, and its id in the run. */
export interface ServedCalls {
  /** What goes on the record at once: nothing is said twice. */
  see(event: ServedEvent): readonly NewEvent[];
  /** What is still to be said of the calls when the turn is whole, each with how it ended. */
  complete(results: readonly ServerCallResult[]): readonly NewEvent[];
  /** How text from outside came in by these calls. */
  readonly taint: readonly TaintSource[];
  /** Whether a call of this turn has the id in the run. */
  hasId(id: string): boolean;
  /** Citations with the ids that the calls have in the run; after `complete`. */
  cite(citations: readonly Citation[]): readonly NewEvent[];
}

/** What the calls of one turn must know of the rest of the run. */
export interface RunSoFar {
  /** Whether another call of the run has the id: a server may repeat its ids from turn to turn. */
  hasCallId(id: string): boolean;
  /** The calls of earlier turns that a source came from. */
  findersOf(source: Source, current: readonly SearchCall[]): readonly FoundBy[];
}

export function createServedCalls(turn: number, { hasCallId, findersOf }: RunSoFar): ServedCalls {
  const ids = new Map<string, string>();
  const inputs = new Set<string>();
  const own = new Set<string>();
  const open = new Map<string, ServerCall>();
  const taint: TaintSource[] = [];
  let current: readonly SearchCall[] = [];

  const named = <C extends ToolCall>(call: C): C => ({ ...call, id: ids.get(call.id) ?? call.id });
  const start = (call: ServerCall): NewEvent[] => {
    if (ids.has(call.id)) return [];
    const id = freshId(call.id, (candidate) => hasCallId(candidate) || own.has(candidate));
    ids.set(call.id, id);
    own.add(id);
    open.set(call.id, call);
    if (bringsText(call.kind)) addTaint(taint, [{ by: "server_tool", tool: call.tool, callId: id }]);
    return [{ type: "tool.started", turn, call: withoutInput(named(call)) }];
  };
  const ask = (call: ServerCall): NewEvent[] => {
    if (inputs.has(call.id)) return [];
    inputs.add(call.id);
    return [{ type: "tool.input", turn, call: named(call) }];
  };
  return {
    taint,
    see(event) {
      const started = start(event.call);
      if (event.type === "tool.input") return [...started, ...ask(event.call)];
      if (event.type === "tool.started") return started;
      const call = withoutInput(named(event.call));
      return [...started, { type: "tool.executing", turn, call, attempt: 1, phase: event.phase }];
    },
    hasId: (id) => own.has(id),
    complete(results) {
      const events = results.flatMap((result) => {
        const begun = [...start(result.call), ...ask(result.call)];
        open.delete(result.call.id);
        return [...begun, completed(turn, named(result.call), result)];
      });
      for (const call of open.values()) events.push(...ask(call), unheardOf(turn, named(call)));
      open.clear();
      current = results.map(({ call, outcome, sources }) => {
        const search: SearchCall = { id: named(call).id, kind: call.kind, input: call.input, outcome };
        return sources === undefined ? search : { ...search, sources };
      });
      return events;
    },
    cite: (citations) =>
      citations.map((citation) => ({
        type: "citation",
        turn,
        ...citation,
        foundBy:
          citation.foundBy.length === 0
            ? findersOf(citation.source, current)
            : citation.foundBy.map((found) => ({ ...found, callId: ids.get(found.callId) ?? found.callId })),
      })),
  };
}

function completed(turn: number, call: ServerCall, result: ServerCallResult): NewEvent {
  const { outcome, output, visibility, sources, error, observedMs } = result;
  return {
    type: "tool.completed",
    turn,
    call: withoutInput(call),
    outcome,
    visibility,
    content: "", // the model has it already
    timing: observedMs === undefined ? "unknown" : "observed",
    ...(output === undefined ? {} : { output }),
    ...(sources === undefined ? {} : { sources }),
    ...(error === undefined ? {} : { error }),
    ...(observedMs === undefined ? {} : { durationMs: observedMs }),
  };
}

/** The server told of the call while it streamed, and its whole answer holds it no more: nobody knows what came of it. */
function unheardOf(turn: number, call: ServerCall): NewEvent {
  const message = `The whole answer does not hold the call of ${call.tool} that was begun: what came of it is not known.`;
  const error = { code: "tool_failed", message };
  return completed(turn, call, { call, outcome: "unknown", visibility: "not_disclosed", error });
}

function withoutInput<C extends ToolCall>(call: C): C {
  const { input: _input, inputText: _text, ...named } = call;
  return named as C; // only what may be absent was left out
}
