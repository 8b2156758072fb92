/**
 * Chat completions as xAI spells them. Requests are exact, so that a typo does not compile; answers hold the fields we
 * read, each optional that a server on this protocol has been seen to leave out.
 * @see OpenAPI "xAI's REST API" 1.0.0 (xai-org/xai-sdk-ts, spec/openapi.json, commit 41e766ac), read 2026-11-20
 */

/** Body of `POST /v1/chat/completions`. Only `model` and `messages` are required. Live Search is dead (410) and left out. */
export interface ChatRequest {
  /** A model id or alias, such as `grok-4.7`. */
  model: string;
  /** The conversation; roles may mix in any order. */
  messages: readonly ChatMessage[];
  /** The thin client streams always and sets this itself. Server default false. */
  stream?: boolean;
  stream_options?: ChatStreamOptions;
  /** Most tokens of visible output; reasoning and tool calls do not count. Server default 128,000. */
  max_completion_tokens?: number;
  /** @deprecated An alias of `max_completion_tokens`. */
  max_tokens?: number;
  /** 0 to 2. Server default 1. */
  temperature?: number;
  /** Above 0, up to 1. Server default 1. */
  top_p?: number;
  /** Number of answers, each billed. xAI says it will be removed. Server default 1. */
  n?: number;
  /** 32-bit integer; best effort. Compare `system_fingerprint` of the answers. */
  seed?: number;
  /** At most 4. An error on reasoning models. */
  stop?: readonly string[];
  /** -2 to 2. An error on reasoning models. */
  frequency_penalty?: number;
  /** -2 to 2. An error on reasoning models. */
  presence_penalty?: number;
  /** Silently ignored by grok-4.20 and newer. */
  logprobs?: boolean;
  /** 0 to 8. Silently ignored by grok-4.20 and newer. */
  top_logprobs?: number;
  /** Unsupported by xAI; for other servers of this protocol. */
  logit_bias?: Readonly<Record<string, number>>;
  /** Which values a model takes is in `capabilities` of `/v1/models`; a wrong one is a 400. */
  reasoning_effort?: "none" | "low" | "medium" | "high" | "xhigh" | (string & {});
  response_format?: ChatResponseFormat;
  /** At most 350 functions. Server tools are refused here with 422: they need the Responses API. */
  tools?: readonly ChatTool[];
  /** Server default `auto` with tools, `none` without. */
  tool_choice?: ChatToolChoice;
  /** False: at most one call a turn. Server default true. */
  parallel_tool_calls?: boolean;
  /** Answers `{ request_id }` at once; poll `/v1/chat/deferred-completion/{id}`. The thin client refuses it: it streams. */
  deferred?: boolean;
  /** Same as the header `x-grok-conv-id`: keeps a conversation on the server that has its prompt cache. */
  prompt_cache_key?: string;
  /** `priority` doubles the token prices, and is charged only when the answer says so. */
  service_tier?: "auto" | "default" | "priority" | "fast" | (string & {});
  /** Your id of the end user, for abuse attribution. */
  user?: string;
  /** Your id of the end user, for abuse attribution. */
  safety_identifier?: string;
  /** Undocumented: arguments of tool calls come in fragments. Other servers may refuse it. */
  stream_tool_calls?: boolean;
}

export interface ChatStreamOptions {
  /** Adds a last chunk that holds the usage. */
  include_usage: boolean;
}

export type ChatResponseFormat =
  | { type: "text" }
  | { type: "json_object" }
  | { type: "json_schema"; json_schema: ChatJsonSchema };

export interface ChatJsonSchema {
  name: string;
  description?: string;
  /** JSON Schema, 2020-12 or draft-07. */
  schema: unknown;
  strict?: boolean;
}

/** One entry of the conversation as sent. xAI refuses empty user and assistant messages. */
export type ChatMessage = ChatSystemMessage | ChatUserMessage | ChatAssistantMessage | ChatToolMessage;

export interface ChatSystemMessage {
  role: "system";
  content: string | readonly ChatContentPart[];
  name?: string;
}

export interface ChatUserMessage {
  role: "user";
  content: string | readonly ChatContentPart[];
  name?: string;
}

/** What the model said before. Turns that only call tools carry `content: ""`. */
export interface ChatAssistantMessage {
  role: "assistant";
  content?: string | null;
  /** Sent back exactly as received, or the prompt cache is missed. */
  reasoning_content?: string;
  tool_calls?: readonly ChatToolCall[];
  refusal?: string | null;
  name?: string;
}

export interface ChatToolMessage {
  role: "tool";
  tool_call_id: string;
  content: string | readonly ChatContentPart[];
  name?: string;
}

export type ChatContentPart = ChatTextPart | ChatImagePart | ChatFilePart;

export interface ChatTextPart {
  type: "text";
  text: string;
}

/** An image, JPEG or PNG or WebP, at most 20 MiB: an address, a `data:` URL, or an uploaded file. */
export interface ChatImagePart {
  type: "image_url";
  image_url: { url?: string; detail?: "auto" | "low" | "high"; file_id?: string };
}

/** An uploaded file or one at an address. */
export interface ChatFilePart {
  type: "file";
  file: { file_id?: string; url?: string };
}

/** A function the model may call. */
export interface ChatTool {
  type: "function";
  function: ChatFunction;
}

export interface ChatFunction {
  name: string;
  description?: string;
  /** JSON Schema of the arguments. */
  parameters: unknown;
  /** Kept by xAI for compatibility, without effect. */
  strict?: boolean;
  defer_loading?: boolean;
}

export type ChatToolChoice = "auto" | "none" | "required" | { type: "function"; function: { name: string } };

/** A tool call of an assistant message, whole. */
export interface ChatToolCall {
  /** As the server gave it; `""` when it gave none. */
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** Why a choice ended. xAI sends `stop`, `length`, `tool_calls`; others are passed on as they are. */
export type ChatFinishReason = "stop" | "length" | "tool_calls" | "content_filter" | (string & {});

/** A whole answer, folded from a stream or read at once. It exists only when every choice has its finish reason. */
export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  /** Seconds since the epoch, of the first chunk. Absent when the server did not say. */
  created?: number;
  /** The model that answered: may differ from the one asked for. `""` when the server did not say. */
  model: string;
  /** By `index`. */
  choices: readonly ChatChoice[];
  usage?: ChatUsage;
  system_fingerprint?: string;
  service_tier?: string;
  citations?: readonly string[];
  output_files?: readonly unknown[];
  /** `x-request-id` of the answer, for support. Not part of xAI's body. */
  request_id?: string;
  /** True when the answer says it was simulated. Not part of xAI's body. */
  simulated?: true;
}

export interface ChatChoice {
  index: number;
  message: ChatAnswer;
  finish_reason: ChatFinishReason;
  logprobs?: unknown;
}

/** The assistant message of an answer. */
export interface ChatAnswer {
  role: "assistant";
  /** `""` when the model only called tools. */
  content: string;
  reasoning_content?: string;
  refusal?: string;
  tool_calls?: readonly ChatToolCall[];
}

/**
 * Tokens as the server counted them. On xAI `completion_tokens` leaves reasoning out
 * (`total = prompt + completion + reasoning`), elsewhere it is inside. A count that is not a number is absent, never 0.
 */
export interface ChatUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  prompt_tokens_details?: ChatPromptTokens;
  completion_tokens_details?: ChatCompletionTokens;
  num_sources_used?: number;
  /** 1 USD = 10^10 ticks. 0 from xAI means "not reported", and is left out here. */
  cost_in_usd_ticks?: number;
}

export interface ChatPromptTokens {
  text_tokens?: number;
  audio_tokens?: number;
  image_tokens?: number;
  /** Part of `prompt_tokens`. */
  cached_tokens?: number;
}

export interface ChatCompletionTokens {
  reasoning_tokens?: number;
  audio_tokens?: number;
  accepted_prediction_tokens?: number;
  rejected_prediction_tokens?: number;
}

/** One decoded `data:` line of a stream, told apart by `type`. */
export type ChatChunk = ChatDataChunk | ChatUnknownChunk;

/** A piece of the answer. */
export interface ChatDataChunk {
  type: "chunk";
  id?: string;
  created?: number;
  model?: string;
  choices: readonly ChatChoiceDelta[];
  /** Cumulative where it is repeated: the last one counts. */
  usage?: ChatUsage;
  system_fingerprint?: string;
  service_tier?: string;
  citations?: readonly string[];
  output_files?: readonly unknown[];
}

/** JSON that is neither a piece of the answer nor an error: kept whole, never dropped. */
export interface ChatUnknownChunk {
  type: "unknown";
  /** The name of the SSE event, when it has one. */
  event?: string;
  item: unknown;
}

export interface ChatChoiceDelta {
  /** 0 when the server did not say. */
  index: number;
  delta: ChatDelta;
  /** Absent while the choice is not finished. */
  finish_reason?: ChatFinishReason;
  logprobs?: unknown;
}

/** What a chunk adds to a message. Empty strings are left out. */
export interface ChatDelta {
  content?: string;
  reasoning_content?: string;
  refusal?: string;
  tool_calls?: readonly ChatToolCallDelta[];
}

/** A fragment of a tool call, or a whole one. */
export interface ChatToolCallDelta {
  /** Absent when the server did not say: then a fragment with an id or a name begins a call, any other continues the last. */
  index?: number;
  id?: string;
  name?: string;
  arguments?: string;
}
