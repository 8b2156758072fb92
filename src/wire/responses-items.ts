/**
 * What an answer of the Responses API consists of, spelled as the wire spells it. Items go back to the server as they came:
 * they are kept whole, with every field that is not written here.
 * @see OpenAPI "xAI's REST API" 1.0.0 (xai-org/xai-sdk-ts, spec/openapi.json, commit 41e766ac), read 2026-11-20
 */

/**
 * One item of an answer. `isKnownItem` tells a documented item, which `type` then tells apart, from any other: an item of a
 * kind that is not written here, or whose fields are not of the kinds that are.
 */
export type ResponsesOutputItem = ResponsesKnownItem | ResponsesOtherItem;

export type ResponsesKnownItem =
  | ResponsesMessage
  | ResponsesReasoning
  | ResponsesFunctionCall
  | ResponsesCustomToolCall
  | ResponsesWebSearchCall
  | ResponsesXSearchCall
  | ResponsesCodeInterpreterCall
  | ResponsesFileSearchCall
  | ResponsesMcpCall
  | ResponsesImageGenerationCall
  | ResponsesShellCall
  | ResponsesToolSearchCall
  | ResponsesToolSearchOutput
  | ResponsesCompaction;

/** An item we know nothing of, whole. */
export interface ResponsesOtherItem {
  type: string;
  readonly [field: string]: unknown;
}

/** `in_progress`, `completed`, `incomplete`, `failed`; others are passed on as they are. */
export type ResponsesStatus = "in_progress" | "completed" | "incomplete" | "failed" | (string & {});

interface ItemBase {
  /** Some items have none, or `""`. */
  id?: string | null;
  status?: ResponsesStatus | null;
}

/** What the model says. */
export interface ResponsesMessage extends ItemBase {
  type: "message";
  role?: string | null;
  content: readonly ResponsesContent[];
  /** OpenAI only: `commentary` or `final_answer`. */
  phase?: string | null;
}

/** A part of a message: `output_text` with its `text`, `refusal` with its `refusal` (the model declined); others are kept whole. */
export interface ResponsesContent {
  type: "output_text" | "refusal" | (string & {});
  text?: string | null;
  refusal?: string | null;
  /** What the text rests on. Not checked, so that an odd one does not cost the text: `isAnnotation` tells. */
  annotations?: readonly unknown[] | null;
  logprobs?: unknown;
}

/**
 * What a piece of text rests on. `url_citation` has a `url`, and since 2026 a place: `start_index` to `end_index` (exclusive),
 * and a `title`, which may be the number that stands in the text. `file_citation` has a `file_id`.
 */
export interface ResponsesAnnotation {
  type: "url_citation" | "file_citation" | (string & {});
  url?: string | null;
  title?: string | null;
  start_index?: number | null;
  end_index?: number | null;
  file_id?: string | null;
  filename?: string | null;
  /** Where a `file_citation` stands. */
  index?: number | null;
}

/** What the model thought. Sent back without `status`, which is refused on input. */
export interface ResponsesReasoning extends ItemBase {
  type: "reasoning";
  summary?: readonly ResponsesReasoningText[] | null;
  content?: readonly ResponsesReasoningText[] | null;
  /** Only its maker can read it. May be all there is. */
  encrypted_content?: string | null;
}

export interface ResponsesReasoningText {
  /** `summary_text` or `reasoning_text`. */
  type: string;
  text: string;
}

/** A call of one of the caller's functions. The request ends with it. */
export interface ResponsesFunctionCall extends ItemBase {
  type: "function_call";
  /** Pairs the call with its `function_call_output`. */
  call_id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** From xAI: a sub-tool of X search (since 2025-12), run by the server. From OpenAI: a tool of the caller. */
export interface ResponsesCustomToolCall extends ItemBase {
  type: "custom_tool_call";
  call_id?: string | null;
  /** The sub-tool, such as `x_keyword_search`. */
  name: string;
  /** JSON text from xAI. */
  input: string;
}

/** Since 2025-12 with `action`; before with `name` and `arguments`. */
export interface ResponsesWebSearchCall extends ItemBase {
  type: "web_search_call";
  /** May be empty to the end. */
  action?: ResponsesWebSearchAction | null;
  call_id?: string | null;
  name?: string | null;
  /** JSON text. */
  arguments?: string | null;
}

export interface ResponsesWebSearchAction {
  /** `search`, `open_page`, `find_in_page`. */
  type?: string | null;
  query?: string | null;
  url?: string | null;
  pattern?: string | null;
  /** Only with `include: ["web_search_call.action.sources"]`. */
  sources?: readonly ResponsesSource[] | null;
}

export interface ResponsesSource {
  type?: string | null;
  url?: string | null;
}

/** X search as it was in 2025-10. */
export interface ResponsesXSearchCall extends ItemBase {
  type: "x_search_call";
  call_id?: string | null;
  name?: string | null;
  /** JSON text. */
  arguments?: string | null;
}

/** Code that the server ran: in `code`, or in 2025 in `arguments`. */
export interface ResponsesCodeInterpreterCall extends ItemBase {
  type: "code_interpreter_call";
  code?: string | null;
  /** Only with `include: ["code_interpreter_call.outputs"]`. */
  outputs?: readonly ResponsesCodeOutput[] | null;
  call_id?: string | null;
  name?: string | null;
  /** JSON text. */
  arguments?: string | null;
}

export interface ResponsesCodeOutput {
  /** `logs` or `image`. */
  type?: string | null;
  logs?: string | null;
  url?: string | null;
}

export interface ResponsesFileSearchCall extends ItemBase {
  type: "file_search_call";
  queries?: readonly string[] | null;
  /** Only with `include: ["file_search_call.results"]`. */
  results?: readonly ResponsesFileResult[] | null;
}

export interface ResponsesFileResult {
  file_id?: string | null;
  filename?: string | null;
  /** 0 to 1. */
  score?: number | null;
  text?: string | null;
}

/** A call of a tool of a remote MCP server, made by xAI. */
export interface ResponsesMcpCall extends ItemBase {
  type: "mcp_call";
  name: string;
  server_label?: string | null;
  /** JSON text. */
  arguments?: string | null;
  /** Only with `include: ["mcp_call.output"]`. */
  output?: string | null;
  /** Text or an object: what went wrong. */
  error?: unknown;
}

export interface ResponsesImageGenerationCall extends ItemBase {
  type: "image_generation_call";
  prompt?: string | null;
  /** Base64 without a `data:` prefix: may be megabytes. */
  result?: string | null;
}

/** Commands for the caller to run. */
export interface ResponsesShellCall extends ItemBase {
  type: "shell_call";
  call_id: string;
  action: { commands?: readonly string[] | null; timeout_ms?: number | null; max_output_length?: number | null };
}

export interface ResponsesToolSearchCall extends ItemBase {
  type: "tool_search_call";
  arguments?: unknown;
  execution?: string | null;
}

export interface ResponsesToolSearchOutput extends ItemBase {
  type: "tool_search_output";
  tools?: readonly unknown[] | null;
}

/** A conversation in short, which only its maker can read. */
export interface ResponsesCompaction extends ItemBase {
  type: "compaction";
  encrypted_content: string;
}
