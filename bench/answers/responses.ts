import { argumentsOf, citationLink, citationURL, MODEL, TOOL_NAME, textPieces } from "../work.ts";
import type { Workload } from "../workload.ts";

/** One output item: as it is added, what is told in between, and as it is done. */
interface Item {
  added: object;
  events: readonly object[];
  done: object;
}

/** The events of each turn of a run on the Responses API, in the order and shape of what xAI was seen to send, as text. */
export function responsesTurns(workload: Workload): readonly (readonly string[])[] {
  const turns = Array.from({ length: workload.toolTurns }, (_, turn) => {
    const served = turn === 0 ? Array.from({ length: workload.serverCalls }, (_, index) => serverCall(index)) : [];
    const calls = Array.from({ length: workload.callsPerTurn }, (_, index) =>
      functionCall(turn * workload.callsPerTurn + index, served.length + index, workload),
    );
    return stream([...served, ...calls], turn);
  });
  return [...turns, stream([message(workload)], workload.toolTurns)];
}

/** Searches on the web and on X, in turns. */
function serverCall(index: number): Item {
  const query = `weather near place ${index}`;
  return index % 2 === 0 ? webSearch(index, query) : xSearch(index, JSON.stringify({ query, limit: 10 }));
}

function webSearch(index: number, query: string): Item {
  const head = { type: "web_search_call", id: `ws_${index}` };
  const place = { item_id: head.id, output_index: index };
  const sources = [0, 1, 2, 3, 4].map((nth) => ({ type: "url", url: citationURL(index * 5 + nth) }));
  return {
    added: { ...head, action: { type: "search", query: "", sources: [] }, status: "in_progress" },
    events: ["in_progress", "searching", "completed"].map((phase) => ({
      type: `response.web_search_call.${phase}`,
      ...place,
    })),
    done: { ...head, action: { type: "search", query, sources }, status: "completed" },
  };
}

function xSearch(index: number, input: string): Item {
  const head = { type: "custom_tool_call", id: `ctc_${index}`, call_id: `call_x${index}`, name: "x_keyword_search" };
  const place = { item_id: head.id, output_index: index };
  return {
    added: { ...head, input: "", status: "in_progress" },
    events: [
      { type: "response.custom_tool_call_input.delta", ...place, delta: input },
      { type: "response.custom_tool_call_input.done", ...place, input },
    ],
    done: { ...head, input, status: "completed" },
  };
}

function functionCall(place: number, output_index: number, workload: Workload): Item {
  const head = { type: "function_call", id: `fc_${place}`, call_id: `call_${place}`, name: TOOL_NAME };
  const where = { item_id: head.id, output_index };
  const text = argumentsOf(place, workload);
  return {
    added: { ...head, arguments: "", status: "in_progress" },
    events: [
      { type: "response.function_call_arguments.delta", ...where, delta: text },
      { type: "response.function_call_arguments.done", ...where, arguments: text },
    ],
    done: { ...head, arguments: text, status: "completed" },
  };
}

function message(workload: Workload): Item {
  const pieces = textPieces(workload);
  const text = pieces.join("");
  const annotations = annotationsOf(text, workload.citations);
  const head = { id: "msg_1", role: "assistant", type: "message" };
  const place = { item_id: head.id, output_index: 0, content_index: 0 };
  const part = { type: "output_text", text, logprobs: [], annotations };
  return {
    added: { content: [], ...head, status: "in_progress" },
    events: [
      { type: "response.content_part.added", ...place, part: { ...part, text: "", annotations: [] } },
      ...pieces.map((delta) => ({ type: "response.output_text.delta", ...place, delta, logprobs: [] })),
      ...annotations.map((annotation, annotation_index) => ({
        type: "response.output_text.annotation.added",
        annotation,
        annotation_index,
        ...place,
      })),
      { type: "response.output_text.done", ...place, text, logprobs: [] },
      { type: "response.content_part.done", ...place, part },
    ],
    done: { content: [part], ...head, status: "completed" },
  };
}

function annotationsOf(text: string, count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => {
    const link = citationLink(index).trimStart();
    const start_index = text.indexOf(link);
    const end_index = start_index + link.length;
    return { type: "url_citation", url: citationURL(index), start_index, end_index, title: String(index + 1) };
  });
}

function stream(items: readonly Item[], turn: number): readonly string[] {
  const begun = response(turn, { status: "in_progress", output: [], usage: null });
  const done = items.map((item) => item.done);
  const events = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...items.flatMap(({ added, events, done }, output_index) => [
      { type: "response.output_item.added", item: added, output_index },
      ...events,
      { type: "response.output_item.done", item: done, output_index },
    ]),
    { type: "response.completed", response: response(turn, { status: "completed", output: done, usage: USAGE }) },
  ];
  const numbered = events.map((event, sequence_number) => JSON.stringify({ sequence_number, ...event }));
  return [...numbered, "[DONE]"].map((data) => `data: ${data}\n\n`);
}

const USAGE = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 200,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 1200,
  num_sources_used: 0,
  num_server_side_tools_used: 12,
  cost_in_usd_ticks: 1000,
};

function response(turn: number, fields: object): object {
  return {
    created_at: 1770772293,
    id: `resp_${turn}`,
    model: MODEL,
    object: "response",
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    temperature: null,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: null,
    user: null,
    incomplete_details: null,
    error: null,
    instructions: null,
    store: false,
    metadata: {},
    ...fields,
  };
}
