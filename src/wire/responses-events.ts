import type { ResponsesAnnotation, ResponsesOutputItem } from "./responses-items.ts";
import type { ResponsesResponse, ResponsesUsage } from "./responses-types.ts";

/**
 * One event of a stream, told apart by `type`, with the fields we read. Which item it concerns is `output_index`; `item_id`
 * need not be unique, nor the same in every event (proxies change it). `response.failed` and `error` are no events here: they
 * are thrown.
 * @see xai-wire 2.7
 */
export type ResponsesEvent =
  | ResponsesSnapshotEvent
  | ResponsesItemEvent
  | ResponsesPartEvent
  | ResponsesDeltaEvent
  | ResponsesDoneEvent
  | ResponsesAnnotationEvent
  | ResponsesPhaseEvent
  | ResponsesTerminalEvent
  | ResponsesUnknownEvent;

/** The answer begins. */
export interface ResponsesSnapshotEvent {
  type: "response.created" | "response.in_progress" | "response.queued";
  response: ResponsesHead;
}

/** What is known of an answer before its end. */
export interface ResponsesHead {
  id?: string;
  model?: string;
  /** Seconds since the epoch. */
  created_at?: number;
  usage?: ResponsesUsage;
}

interface ItemPlace {
  output_index: number;
  item_id?: string;
}

/** An item begins, or is whole. `done` may come twice, and in another order than `added`. */
export interface ResponsesItemEvent {
  type: "response.output_item.added" | "response.output_item.done";
  output_index: number;
  item: ResponsesOutputItem;
}

/** A part of a message or of reasoning begins, or is whole. */
export interface ResponsesPartEvent extends ItemPlace {
  type:
    | "response.content_part.added"
    | "response.content_part.done"
    | "response.reasoning_summary_part.added"
    | "response.reasoning_summary_part.done";
  /** `content_index` or `summary_index`; 0 when the server did not say. */
  part_index: number;
  part: Readonly<Record<string, unknown>>;
}

/** Texts that come in pieces. */
export type ResponsesTextName =
  | "output_text"
  | "refusal"
  | "reasoning_text"
  | "reasoning_summary_text"
  | "function_call_arguments"
  | "custom_tool_call_input"
  | "mcp_call_arguments"
  | "mcp_call_output"
  | "code_interpreter_call_code";

/** A piece of a text. Never empty. */
export interface ResponsesDeltaEvent extends ItemPlace {
  type: `response.${ResponsesTextName}.delta`;
  /** `content_index` or `summary_index`; 0 when the server did not say, or where the item has one text. */
  part_index: number;
  delta: string;
}

/** A text is whole. It comes again in the item and in the terminal event. */
export interface ResponsesDoneEvent extends ItemPlace {
  type: `response.${ResponsesTextName}.done`;
  /** `content_index` or `summary_index`; 0 when the server did not say, or where the item has one text. */
  part_index: number;
  /** `text`, `refusal`, `arguments`, `input`, `output` or `code` on the wire. */
  text: string;
}

/** A citation, after the text it stands in. It comes again in the part, the item and the terminal event. */
export interface ResponsesAnnotationEvent extends ItemPlace {
  type: "response.output_text.annotation.added";
  /** `content_index`; 0 when the server did not say. */
  part_index: number;
  annotation_index?: number;
  annotation: ResponsesAnnotation;
}

/** Where the server is with one of its tools: `response.web_search_call.searching`. Told from the others by its `phase`. */
export interface ResponsesPhaseEvent extends ItemPlace {
  type: `response.${string}_call.${string}` | `response.mcp_list_tools.${string}`;
  /** The kind of item: `web_search_call`. */
  item_type: string;
  /** `in_progress`, `searching`, `interpreting`, `completed` and so on. */
  phase: string;
}

/** The answer is whole: this event is the authority on it. */
export interface ResponsesTerminalEvent {
  type: "response.completed" | "response.incomplete";
  response: ResponsesResponse;
}

/** What is none of the above, or cannot be placed: kept whole, never dropped. */
export interface ResponsesUnknownEvent {
  type: "unknown";
  /** `type` of the data, or the name of the SSE event. */
  event?: string;
  item: unknown;
}
