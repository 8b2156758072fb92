import type { ResponsesOutputItem } from "./responses-items.ts";

/**
 * Body of `POST /v1/responses`. Only `model` and `input` are required. Live Search is dead (410) and left out; what xAI takes
 * for compatibility and does nothing with (`background`, `truncation`, `metadata`, `context_management`) is left out as well.
 * @see OpenAPI "xAI's REST API" 1.0.0 (xai-org/xai-sdk-ts, spec/openapi.json, commit 41e766ac), read 2026-11-20
 */
export interface ResponsesRequest {
  /** A model id or alias, such as `grok-4.7`. */
  model: string;
  /** The conversation; a text is one message of the user. */
  input: string | readonly ResponsesInputItem[];
  /** A system prompt; not with `previous_response_id`. A first item with role `system` is taken by more servers. */
  instructions?: string;
  /** The thin client streams always and sets this itself. Server default false. */
  stream?: boolean;
  /** Most tokens of visible output. Server default 128,000. */
  max_output_tokens?: number;
  /** 0 to 2. */
  temperature?: number;
  /** Above 0, up to 1. */
  top_p?: number;
  /** From 1 on. */
  top_k?: number;
  min_p?: number;
  reasoning?: ResponsesReasoningOptions;
  /** Read only where `reasoning` is not set. */
  reasoning_effort?: ResponsesReasoningOptions["effort"];
  /** Ignored by grok-4.20 and newer. */
  logprobs?: boolean;
  /** 0 to 8. Ignored by grok-4.20 and newer. */
  top_logprobs?: number;
  text?: { format: ResponsesTextFormat };
  /** Functions and server tools together, at most 350. The same server tool twice is refused. */
  tools?: readonly ResponsesTool[];
  tool_choice?: ResponsesToolChoice;
  /** False: at most one call a turn. Server default true. */
  parallel_tool_calls?: boolean;
  include?: readonly ResponsesInclude[];
  /** True keeps the response for 30 days. Server default true. */
  store?: boolean;
  /** Continues a stored response. */
  previous_response_id?: string;
  /** Most turns the server takes by itself; a turn may make several calls. Not held to strictly. No effect without server tools. */
  max_turns?: number;
  /** Keeps a conversation on the server that has its prompt cache. */
  prompt_cache_key?: string;
  /** `priority` doubles the token prices, and is charged only when the answer says so. */
  service_tier?: "auto" | "default" | "priority" | "fast" | (string & {});
  /** Your id of the end user, for abuse attribution. */
  user?: string;
  /** Your id of the end user, for abuse attribution. */
  safety_identifier?: string;
  /** Undocumented: arguments of function calls come in fragments. Other servers may refuse it. */
  stream_tool_calls?: boolean;
}

export interface ResponsesReasoningOptions {
  /** Which values a model takes is in `capabilities` of `/v1/models`; a wrong one is a 400. */
  effort?: "none" | "low" | "medium" | "high" | "xhigh" | (string & {});
  /** Without effect on xAI: the summary is always detailed. */
  summary?: "auto" | "concise" | "detailed";
}

export type ResponsesTextFormat =
  | { type: "text" }
  | { type: "json_object" }
  | {
      type: "json_schema";
      /** JSON Schema, 2020-12 or draft-07. */
      schema: unknown;
      name?: string;
      strict?: boolean;
      description?: string;
    };

/** Nothing else: another shape is a 422. To force a server tool send it alone, with `required`. */
export type ResponsesToolChoice = "none" | "auto" | "required" | { type: "function"; name: string };

/** What to send back that is otherwise left out. */
export type ResponsesInclude =
  | "reasoning.encrypted_content"
  | "no_inline_citations"
  | "web_search_call.action.sources"
  | "file_search_call.results"
  | "code_interpreter_call.outputs"
  | "mcp_call.output"
  | "code_execution_files_output"
  | (string & {});

/** One entry of the conversation as sent. One that the server does not know fails the whole request with 422. */
export type ResponsesInputItem =
  | ResponsesInputMessage
  | ResponsesFunctionCallOutput
  | ResponsesShellCallOutput
  /** An item of an earlier answer, unchanged and in its place; reasoning without `status`. */
  | ResponsesOutputItem;

export interface ResponsesInputMessage {
  type?: "message";
  /** At most one `system`, the first. */
  role: "user" | "assistant" | "system" | "developer";
  content: string | readonly ResponsesInputContent[];
  name?: string;
}

export type ResponsesInputContent =
  | { type: "input_text"; text: string }
  | { type: "output_text"; text: string }
  /** An address or a `data:` URL (a text, not an object as in chat completions), or an uploaded file. */
  | { type: "input_image"; image_url?: string; file_id?: string; detail?: "auto" | "low" | "high" }
  | {
      type: "input_file";
      file_id?: string;
      file_url?: string;
      /** Base64; with `filename`. */
      file_data?: string;
      filename?: string;
      mime_type?: string;
    };

export interface ResponsesFunctionCallOutput {
  type: "function_call_output";
  call_id: string;
  output: string | readonly ResponsesInputContent[];
}

export interface ResponsesShellCallOutput {
  type: "shell_call_output";
  call_id: string;
  output: readonly {
    stdout?: string;
    stderr?: string;
    outcome: { type: "exit"; exit_code: number } | { type: "timeout" };
  }[];
  max_output_length?: number;
}

/** What the model may use: the caller's functions, and tools that xAI runs. @see xai-wire 2.3 */
export type ResponsesTool =
  | ResponsesFunctionTool
  | ResponsesWebSearchTool
  | ResponsesXSearchTool
  | ResponsesCodeInterpreterTool
  | ResponsesFileSearchTool
  | ResponsesMcpTool
  | ResponsesImageGenerationTool
  | ResponsesToolSearchTool
  | ResponsesShellTool;

/** Flat, unlike in chat completions. A function with the name of a server tool is refused as its duplicate. */
export interface ResponsesFunctionTool {
  type: "function";
  name: string;
  description?: string;
  /** JSON Schema of the arguments. */
  parameters: unknown;
  strict?: boolean;
  defer_loading?: boolean;
}

export interface ResponsesWebSearchTool {
  type: "web_search";
  /** At most 5, without protocol; not with `excluded_domains`. */
  allowed_domains?: readonly string[];
  excluded_domains?: readonly string[];
  /** Another way to give the same. */
  filters?: { allowed_domains?: readonly string[]; excluded_domains?: readonly string[] };
  enable_image_understanding?: boolean;
  enable_image_search?: boolean;
  /** xAI's sources disagree on whether this and the next two are taken. */
  user_location?: { type: "approximate"; country?: string; city?: string; region?: string; timezone?: string };
  search_context_size?: "low" | "medium" | "high";
  external_web_access?: boolean;
}

export interface ResponsesXSearchTool {
  type: "x_search";
  /** At most 20 (older servers 10); not with `excluded_x_handles`. */
  allowed_x_handles?: readonly string[];
  excluded_x_handles?: readonly string[];
  /** `YYYY-MM-DD`. */
  from_date?: string;
  /** `YYYY-MM-DD`, exclusive. */
  to_date?: string;
  enable_image_understanding?: boolean;
  enable_video_understanding?: boolean;
}

export interface ResponsesCodeInterpreterTool {
  type: "code_interpreter";
}

/** Search in collections. */
export interface ResponsesFileSearchTool {
  type: "file_search";
  /** 1 to 10 ids of collections. */
  vector_store_ids: readonly string[];
  max_num_results?: number;
}

/** A public MCP server, called by xAI. */
export interface ResponsesMcpTool {
  type: "mcp";
  server_url: string;
  server_label: string;
  server_description?: string;
  allowed_tools?: readonly string[];
  authorization?: string;
  headers?: Readonly<Record<string, string>>;
  defer_loading?: boolean;
}

export interface ResponsesImageGenerationTool {
  type: "image_generation";
  action?: "auto" | "generate" | "edit";
}

/** Finds tools that have `defer_loading`. */
export interface ResponsesToolSearchTool {
  type: "tool_search";
  execution: "server";
}

/** Run by the caller: the model answers with a `shell_call`. */
export interface ResponsesShellTool {
  type: "shell";
  environment: { type: "local"; skills?: readonly { name: string; description: string; path: string }[] };
}
