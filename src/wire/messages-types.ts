/**
 * The Messages protocol as its servers spell it. xAI has deprecated it in favour of the Responses API; proxies and other
 * vendors speak it. Requests are exact, so that a typo does not compile; answers hold the fields we read.
 * @see OpenAPI "xAI's REST API" 1.0.0, MessageRequest, read 2026-11-20; recordings of Anthropic's API in wire/messages
 */

/** Body of `POST /v1/messages`. */
export interface MessagesRequest {
  model: string;
  /** Required by the protocol. */
  max_tokens: number;
  messages: readonly MessagesInputMessage[];
  system?: string | readonly { type: "text"; text: string }[];
  /** The thin client streams always and sets this itself. Server default false. */
  stream?: boolean;
  /** Functions only, at most 350 on xAI. */
  tools?: readonly MessagesTool[];
  tool_choice?: MessagesToolChoice;
  /** 0 to 2 on xAI, 0 to 1 elsewhere. */
  temperature?: number;
  /** Above 0, up to 1. */
  top_p?: number;
  /** Unsupported by xAI; for other servers of this protocol. */
  top_k?: number;
  /** Refused by reasoning models of xAI. */
  stop_sequences?: readonly string[];
  metadata?: { user_id: string };
  /** Unknown to xAI; for other servers of this protocol. */
  thinking?: { type: "enabled"; budget_tokens: number } | { type: "adaptive" } | { type: "disabled" };
}

/** `none` is not in xAI's description; `disable_parallel_tool_use` is Anthropic's. */
export type MessagesToolChoice =
  | { type: "auto" | "any"; disable_parallel_tool_use?: boolean }
  | { type: "tool"; name: string; disable_parallel_tool_use?: boolean }
  | { type: "none" };

export interface MessagesTool {
  name: string;
  /** Required by xAI. */
  description: string;
  /** JSON Schema of the arguments, an object at its root. */
  input_schema: unknown;
}

export interface MessagesInputMessage {
  role: "user" | "assistant" | "system";
  content: string | readonly MessagesInputBlock[];
}

export type MessagesInputBlock =
  | { type: "text"; text: string }
  | { type: "image"; source: MessagesSource }
  /** Anthropic's; not in xAI's description. */
  | { type: "document"; source: MessagesSource; title?: string }
  | { type: "tool_use"; id: string; name: string; input: unknown }
  | {
      type: "tool_result";
      tool_use_id: string;
      content: string | readonly MessagesInputBlock[];
      is_error?: boolean;
    }
  /** Of an earlier answer, unchanged and in its place. */
  | { type: "thinking"; thinking: string; signature?: string }
  | { type: "redacted_thinking"; data: string };

export type MessagesSource =
  | { type: "base64"; media_type: string; data: string }
  | { type: "url"; url: string }
  | { type: "file"; file_id: string }
  /** Of a document; Anthropic's, which takes base64 for PDF only. */
  | { type: "text"; media_type: "text/plain"; data: string };

/** A content block of an answer, told apart by `type`: those we read, and any other, kept whole. */
export type MessagesBlock =
  | MessagesTextBlock
  | MessagesThinkingBlock
  | MessagesRedactedThinkingBlock
  | MessagesToolUseBlock
  | MessagesServerToolUseBlock
  | MessagesOtherBlock;

export interface MessagesTextBlock {
  type: "text";
  text: string;
  /** As they came: what they point at depends on the kind. */
  citations?: readonly unknown[];
}

export interface MessagesThinkingBlock {
  type: "thinking";
  thinking: string;
  /** Proves to its maker that the thinking is unchanged; "" where none was given. */
  signature: string;
}

/** Thinking that only its maker can read. */
export interface MessagesRedactedThinkingBlock {
  type: "redacted_thinking";
  data: string;
}

/** A call of one of the caller's functions. */
export interface MessagesToolUseBlock {
  type: "tool_use";
  id: string;
  name: string;
  /**
   * The arguments as the model wrote them: JSON text, which may be broken. Of a block that came whole, its `input` as JSON. `""` while
   * none came; in a whole answer `{}` when there are none.
   */
  input_json: string;
}

/** A call that the server carried out, of a tool or of an MCP server (`server_name`). */
export interface MessagesServerToolUseBlock {
  type: "server_tool_use" | "mcp_tool_use";
  id: string;
  name: string;
  server_name?: string;
  input_json: string;
}

/** Anything else, such as `web_search_tool_result`, `mcp_tool_result`, `fallback`. */
export interface MessagesOtherBlock {
  type: "other";
  /** The block as it came, its deltas applied where they are known. */
  block: Readonly<Record<string, unknown>>;
}

/** Why an answer ended. Others are passed on as they are. */
export type MessagesStopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "refusal"
  | "pause_turn"
  | "model_context_window_exceeded"
  | (string & {});

/** A whole answer. It exists only when `message_stop` was read, and a stop reason before it. */
export interface MessagesAnswer {
  id: string;
  type: "message";
  role: "assistant";
  /** The model that answered. `""` when the server did not say. */
  model: string;
  content: readonly MessagesBlock[];
  /**
   * The content as it came, block for block and with its deltas applied, so that it can go back: parallel to `content`. The
   * `input` of a call is always an object, `{}` where the model wrote anything else.
   */
  raw: readonly Readonly<Record<string, unknown>>[];
  stop_reason: MessagesStopReason;
  stop_sequence?: string;
  /** Such as why the model refused. */
  stop_details?: unknown;
  usage?: MessagesUsage;
  /** Fields of the answer that are none of the above, such as `context_management`. */
  rest?: Readonly<Record<string, unknown>>;
  /** `request-id` or `x-request-id` of the answer. Not part of its body. */
  request_id?: string;
  /** True when the answer says it was simulated. Not part of its body. */
  simulated?: true;
}

/** Tokens as the server counted them. A count that is not a number is absent, never 0. */
export interface MessagesUsage {
  /** Without cached ones. */
  input_tokens?: number;
  cache_creation_input_tokens?: number;
  cache_read_input_tokens?: number;
  /** Thinking included. */
  output_tokens?: number;
  output_tokens_details?: { thinking_tokens?: number };
  server_tool_use?: { web_search_requests?: number; web_fetch_requests?: number };
  service_tier?: string;
  /** 1 USD = 10^10 ticks; not in the protocol, but sent by some servers of xAI's models. */
  cost_in_usd_ticks?: number;
}

/** One decoded event of a stream, told apart by `type`. */
export type MessagesEvent =
  | { type: "message_start"; message: MessagesHead }
  | {
      type: "content_block_start";
      index: number;
      /** As far as it is there: mostly empty, but some servers send it whole. */
      block: MessagesBlock;
      /** The same block as it came. */
      raw: Readonly<Record<string, unknown>>;
    }
  | { type: "content_block_delta"; index: number; delta: MessagesDelta }
  | { type: "content_block_stop"; index: number }
  | {
      type: "message_delta";
      stop_reason?: MessagesStopReason;
      stop_sequence?: string;
      stop_details?: unknown;
      /** Cumulative: what it says replaces what was said before. */
      usage?: MessagesUsage;
      rest?: Readonly<Record<string, unknown>>;
    }
  | { type: "message_stop" }
  | { type: "ping" }
  /** JSON that is none of the above and no error: kept whole, never dropped. */
  | { type: "unknown"; event?: string; item: unknown };

/** What is known of an answer when it begins. */
export interface MessagesHead {
  /** `""` when the server did not say, as is `model`. */
  id: string;
  model: string;
  usage?: MessagesUsage;
  rest?: Readonly<Record<string, unknown>>;
}

/** A piece of a block, told apart by `type`. Texts may be empty. */
export type MessagesDelta =
  | { type: "text_delta"; text: string }
  | { type: "thinking_delta"; thinking: string }
  | { type: "signature_delta"; signature: string }
  | { type: "input_json_delta"; partial_json: string }
  | { type: "citations_delta"; citation: unknown }
  | { type: "other"; delta: Readonly<Record<string, unknown>> };
