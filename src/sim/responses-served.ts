import type { Answer } from "./answer.ts";
import { isIncluded, type Json, type OutputItem } from "./output-item.ts";
import { seal } from "./sealed.ts";
import { isFailed, type Served, type Shape, shapes } from "./served-shapes.ts";
import type { SimRawCall, SimServerCall, SimServerKind } from "./server-calls.ts";

/** Where an item stands: the number of the server call, and of the output item. */
interface Position {
  readonly n: number;
  readonly at: number;
}

/** The item of a server call, or the raw one a script gives. */
export function servedItem(answer: Answer, call: SimServerCall | SimRawCall, position: Position): OutputItem {
  const hold = call.interleave === true ? Number.POSITIVE_INFINITY : (call.interleave ?? 0);
  if (call.kind === "item") return { ...rawItem(call, position.at), hold, served: true };
  const input = typeof call.input === "string" ? {} : (call.input ?? {});
  const inputText = typeof call.input === "string" ? call.input : JSON.stringify(input);
  const served = { answer, call, n: position.n, input, inputText };
  const old = call.oldShape === true ? oldShapes[call.kind] : undefined;
  if (old !== undefined) return { ...oldItem(served, old), hold, served: true };
  return { ...newItem(served, shapes[call.kind], position.at), hold, served: true };
}

function rawItem({ item, added, events = [] }: SimRawCall, at: number): Omit<OutputItem, "hold" | "served"> {
  const place = { ...(typeof item.id === "string" ? { item_id: item.id } : {}), output_index: at };
  return { added: added ?? item, events: events.map((event) => ({ ...event, ...place })), done: item };
}

/** The items of 2025 are complete when they are added (recorded for web search and code). */
const oldShapes: Partial<Record<SimServerKind, { readonly type: string; readonly name: string }>> = {
  web_search: { type: "web_search_call", name: "web_search" },
  x_search: { type: "x_search_call", name: "x_keyword_search" },
  code_execution: { type: "code_interpreter_call", name: "code_execution" },
};

function oldItem(
  { answer, call, n, inputText }: Served,
  { type, name }: { readonly type: string; readonly name: string },
): Omit<OutputItem, "hold" | "served"> {
  const id = call.id ?? `fc_${answer.id}_${n}`;
  const item = { arguments: inputText, call_id: "", name: call.action ?? name, type, id, status: statusOf(call) };
  return { added: item, events: [], done: item };
}

function newItem(served: Served, shape: Shape, at: number): Omit<OutputItem, "hold" | "served"> {
  const { answer, call, n } = served;
  const id = call.id ?? `${shape.prefix}_${answer.id}_${n}`;
  const head = { type: shape.type, id };
  return {
    added: { ...head, ...shape.open(served), status: "in_progress" },
    events: progress(served, shape, { item_id: id, output_index: at }),
    done: { ...head, ...shape.closed(served), status: statusOf(call), ...encrypted(served, id) },
  };
}

const statusOf = ({ failed }: SimServerCall): string => (isFailed(failed) ? "failed" : "completed");

function encrypted({ answer, call }: Served, id: string): Json {
  if (call.encrypted !== true || !isIncluded(answer, "reasoning.encrypted_content")) return {};
  return { encrypted_content: seal(answer.model.id, id) };
}

/** Its phases, and its input where that is told by events: one delta with all of it. */
function progress(served: Served, { name, phases, input }: Shape, place: Json): readonly Json[] {
  const { call } = served;
  const words = call.phases ?? (isFailed(call.failed) ? phases.filter((phase) => phase !== "completed") : phases);
  const told = words.map((phase) => ({ type: `response.${name}.${phase}`, ...place }));
  if (input === undefined) return told;
  const text = input.text(served);
  const asked = [
    { type: `response.${input.name}.delta`, ...place, delta: text },
    { type: `response.${input.name}.done`, ...place, [input.field]: text },
  ];
  return [...told.slice(0, input.after), ...asked, ...told.slice(input.after)];
}
