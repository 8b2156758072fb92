/** Where a tool runs: `client` is this process, `server` is xAI. */
export type Executor = "client" | "server";

/** What runs at xAI. `other` is a tool we do not know: its item is kept whole. */
export type ServerToolKind =
  | "web_search"
  | "x_search"
  | "code_execution"
  | "collections_search"
  | "mcp"
  | "image_generation"
  | "other";

/** `function`: one of our own tools. */
export type ToolKind = "function" | ServerToolKind;

/**
 * A tool call as events name it, told apart by `kind`. What was asked of it (`input`, or `inputText` where that is not
 * JSON) is on `tool.input` alone, so that a record does not repeat it.
 */
export type ToolCall = FunctionCall | ServerCall;

interface CallBase {
  /** Unique in the run: a server that repeats an id gets a new one from us. */
  id: string;
  /** The registered name; for server tools the name they are declared by, such as `web_search`. */
  tool: string;
  /** What was asked, when it is not JSON. */
  inputText?: string;
}

/** A call of one of our own tools, carried out here. */
export interface FunctionCall extends CallBase {
  executor: "client";
  kind: "function";
  input?: unknown;
}

/** A call that xAI made and carried out itself: it cannot be approved, changed or stopped from here. */
export type ServerCall =
  | WebSearchCall
  | XSearchCall
  | CodeExecutionCall
  | CollectionsSearchCall
  | McpCall
  | ImageGenerationCall
  | OtherCall;

interface ServerCallBase extends CallBase {
  executor: "server";
  /** xAI's own sub-tool, such as `x_keyword_search`, `browse_page`, or the tool of an MCP server. */
  action?: string;
}

export interface WebSearchCall extends ServerCallBase {
  kind: "web_search";
  input?: WebSearchInput;
}

export interface XSearchCall extends ServerCallBase {
  kind: "x_search";
  input?: XSearchInput;
}

export interface CodeExecutionCall extends ServerCallBase {
  kind: "code_execution";
  input?: CodeExecutionInput;
}

export interface CollectionsSearchCall extends ServerCallBase {
  kind: "collections_search";
  input?: CollectionsSearchInput;
}

export interface McpCall extends ServerCallBase {
  kind: "mcp";
  /** The server's label. */
  server?: string;
  input?: unknown;
}

export interface ImageGenerationCall extends ServerCallBase {
  kind: "image_generation";
  input?: ImageGenerationInput;
}

export interface OtherCall extends ServerCallBase {
  kind: "other";
  input?: unknown;
}

/** A search, a page opened, or a text looked for in a page. xAI may send more than is documented. */
export interface WebSearchInput {
  query?: string;
  url?: string;
  pattern?: string;
  readonly [undocumented: string]: unknown;
}

/** What X was searched for. xAI documents the names of the sub-tools but not all that they take. */
export interface XSearchInput {
  query?: string;
  limit?: number;
  readonly [undocumented: string]: unknown;
}

export interface CodeExecutionInput {
  code?: string;
  readonly [undocumented: string]: unknown;
}

export interface CollectionsSearchInput {
  queries?: readonly string[];
  query?: string;
  readonly [undocumented: string]: unknown;
}

export interface ImageGenerationInput {
  prompt?: string;
  readonly [undocumented: string]: unknown;
}

/** Why an input was refused: the place in it and the reason. */
export interface InputIssue {
  /** Path in the arguments, such as `stops.0.city`; "" is the whole. */
  path: string;
  message: string;
}

/**
 * How a tool call ended: `unknown` means it may or may not have happened, `rehearsed` that it would have been carried out.
 * Only `ok` has an output; every other one has an error and a text that lets the model mend its call.
 */
export type Outcome =
  | "ok"
  | "error"
  | "invalid_input"
  | "unknown_tool"
  | "denied"
  | "timeout"
  | "cancelled"
  | "rehearsed"
  | "unknown";

/** How much of a tool's output the record holds: xAI does not disclose most outputs of its own tools. */
export type Visibility = "full" | "encrypted" | "not_disclosed";

/** What a tool does to the world. */
export type Effect = "read" | "idempotent" | "write";

/** `measured`: we ran it. `observed`: first to last event on the wire. `unknown`: nobody can say. */
export type TimingBasis = "measured" | "observed" | "unknown";

/** Why the model stopped. `other` keeps a reason we do not know from being taken for an answer. */
export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter" | "refusal" | "other";
