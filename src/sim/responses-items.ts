import { type Answer, type AnsweredCall, answeredCalls, incompleteReason } from "./answer.ts";
import { annotate } from "./citations.ts";
import { isIncluded, type Json, type OutputItem } from "./output-item.ts";
import { servedItem } from "./responses-served.ts";
import { seal } from "./sealed.ts";
import { pieces } from "./stream.ts";

/** Bytes of arguments in one piece when calls are sent in fragments. */
const FRAGMENT_CHARS = 8;

/** The output items of an answer in the order they are added: reasoning, server calls, text, function calls. */
export function outputItems(answer: Answer): readonly OutputItem[] {
  const { turn } = answer;
  const thinking = turn.reasoning !== undefined || isSealedAlone(answer) ? [reasoningItem] : [];
  const served = (turn.serverTools ?? []).map((call, n) => (at: number) => servedItem(answer, call, { n, at }));
  const said = turn.text === undefined ? [] : [messageItem];
  const asked = answeredCalls(answer).map((call, n) => (at: number) => functionItem(answer, call, { n, at }));
  const makers = [
    ...thinking.map((make) => (at: number) => make(answer, at)),
    ...served,
    ...said.map((make) => (at: number) => make(answer, at)),
    ...asked,
  ];
  return makers.map((make, at) => make(at));
}

function isSealedAlone({ turn }: Answer): boolean {
  return turn.reasoningEncrypted === true || typeof turn.reasoningEncrypted === "string";
}

/** The summary comes in one part; an item with encrypted content alone has none, and no events (xai-wire 2.7). */
function reasoningItem(answer: Answer, at: number): OutputItem {
  const { reasoning, split } = answer.turn;
  const id = `rs_${answer.id}`;
  const place = { item_id: id, output_index: at };
  const part = { text: reasoning ?? "", type: "summary_text" };
  const deltas = pieces(reasoning, split).map((delta) => ({
    type: "response.reasoning_summary_text.delta",
    delta,
    ...place,
    summary_index: 0,
  }));
  const events = [
    { type: "response.reasoning_summary_part.added", ...place, part: { ...part, text: "" }, summary_index: 0 },
    ...deltas,
    { type: "response.reasoning_summary_text.done", ...place, summary_index: 0, text: part.text },
    { type: "response.reasoning_summary_part.done", ...place, part, summary_index: 0 },
  ];
  const summary = reasoning === undefined ? [] : [part];
  return {
    added: { id, summary: [], type: "reasoning", status: "in_progress" },
    events: reasoning === undefined ? [] : events,
    done: { id, summary, type: "reasoning", status: "completed", ...sealed(answer, id) },
    hold: 0,
    served: false,
  };
}

function sealed(answer: Answer, id: string): Json {
  const given = answer.turn.reasoningEncrypted;
  if (given === false || !isIncluded(answer, "reasoning.encrypted_content")) return {};
  return { encrypted_content: typeof given === "string" ? given : seal(answer.model.id, id) };
}

/** Text, then its annotations after all deltas, then the closing events that carry both again. */
function messageItem(answer: Answer, at: number): OutputItem {
  const { turn } = answer;
  const inline = !isIncluded(answer, "no_inline_citations");
  const { text, annotations } = annotate(turn.text ?? "", turn.citations ?? [], { inline });
  const id = `msg_${answer.id}`;
  const place = { item_id: id, output_index: at };
  const part = { type: "output_text", text, logprobs: [], annotations };
  const status = incompleteReason(turn) === undefined ? "completed" : "incomplete";
  const message = { id, role: "assistant", type: "message" };
  return {
    added: { content: [], ...message, status: "in_progress" },
    events: [
      { type: "response.content_part.added", content_index: 0, ...place, part: { ...part, text: "", annotations: [] } },
      ...pieces(text, turn.split).map((delta) => ({
        type: "response.output_text.delta",
        content_index: 0,
        delta,
        ...place,
        logprobs: [],
      })),
      ...annotations.map((annotation, annotation_index) => ({
        type: "response.output_text.annotation.added",
        annotation,
        annotation_index,
        content_index: 0,
        ...place,
      })),
      { type: "response.output_text.done", content_index: 0, ...place, text, logprobs: [] },
      { type: "response.content_part.done", content_index: 0, ...place, part },
    ],
    done: { content: [part], ...message, status },
    hold: 0,
    served: false,
  };
}

/** One delta holds all arguments, unless the turn is split into fragments (xai-wire 2.7, row 11). */
function functionItem(answer: Answer, call: AnsweredCall, { n, at }: { n: number; at: number }): OutputItem {
  const id = `fc_${answer.id}_${n}`;
  const place = { item_id: id, output_index: at };
  const { name, arguments: args } = call.function;
  const item = { type: "function_call", id, call_id: call.id, name };
  const parts =
    answer.turn.split === "fragments" ? (args.match(new RegExp(`[^]{1,${FRAGMENT_CHARS}}`, "g")) ?? []) : [args];
  return {
    added: { ...item, arguments: "", status: "in_progress" },
    events: [
      ...parts.map((delta) => ({ type: "response.function_call_arguments.delta", ...place, delta })),
      { type: "response.function_call_arguments.done", ...place, arguments: args },
    ],
    done: { ...item, arguments: args, status: "completed" },
    hold: 0,
    served: false,
  };
}
