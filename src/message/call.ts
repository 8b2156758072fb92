/** Where a tool runs: `client` is this process, `server` is xAI. */
export type Executor = "client" | "server";

/**
 * A tool call as events name it. Told apart by `kind`; a `function` is one of our own tools, run here.
 * `id` is unique in the run: a server that repeats an id gets a new one from us.
 */
export interface ToolCall {
  id: string;
  /** The registered name. */
  tool: string;
  executor: Executor;
  kind: "function";
}

/** A tool call with what the model asked of it. */
export interface ToolCallInput extends ToolCall {
  /** The arguments as parsed JSON; absent when the text is not JSON. */
  input?: unknown;
  /** The arguments as the model wrote them; only when they are not JSON. */
  inputText?: string;
}

/** Why an input was refused: the place in it and the reason. */
export interface InputIssue {
  /** Path in the arguments, such as `stops.0.city`; "" is the whole. */
  path: string;
  message: string;
}

/**
 * How a tool call ended: `unknown` means it may or may not have happened.
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
  | "unknown";

/** How much of a tool's output the record holds: xAI does not disclose most outputs of its own tools. */
export type Visibility = "full" | "encrypted" | "not_disclosed";

/** What a tool does to the world. */
export type Effect = "read" | "idempotent" | "write";

/** `measured`: we ran it. `observed`: first to last event on the wire. `unknown`: nobody can say. */
export type TimingBasis = "measured" | "observed" | "unknown";

/** Why the model stopped. `other` keeps a reason we do not know from being taken for an answer. */
export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter" | "refusal" | "other";
