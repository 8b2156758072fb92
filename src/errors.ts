/**
 * Every reason a part of fairwitness can fail for, for programs to switch on.
 * `docs` for people are in the message: each says what happened, to what, and what to do.
 */
export type ErrorCode =
  // what the caller handed in
  | "invalid_option"
  | "invalid_message"
  | "invalid_tool"
  | "invalid_schema"
  | "duplicate_tool"
  | "unsupported_setting"
  | "no_api_key"
  | "bad_base_url"
  | "insecure_base_url"
  | "already_read"
  | "text_discarded"
  // the way to the server
  | "connection_failed"
  | "connect_timeout"
  | "headers_timeout"
  | "idle_timeout"
  | "redirect_refused"
  | "unexpected_content_type"
  | "stream_incomplete"
  | "circuit_open"
  | "bulkhead_full"
  | "malformed_event"
  | "event_too_large"
  // what the server said
  | "invalid_request"
  | "invalid_key"
  | "no_credentials"
  | "permission_denied"
  | "not_found"
  | "gone"
  | "unprocessable"
  | "context_overflow"
  | "rate_limited"
  | "overloaded"
  | "server_error"
  | "http_status"
  // how a run ended
  | "run_limited"
  | "run_cancelled"
  | "run_paused"
  | "run_ended"
  | "run_changed"
  | "conversation_busy"
  | "private_exposed"
  | "output_truncated"
  | "content_filtered"
  | "refused"
  | "empty_answer"
  | "invalid_output"
  | "corrections_exhausted"
  | "tool_failed"
  | "tool_timeout"
  // records
  | "malformed_record"
  | "store_failed"
  | "seq_conflict"
  | "run_locked"
  | "lease_lost"
  | "cassette_mismatch"
  | "internal";

export interface AgentErrorOptions {
  /** True when the same request may succeed if it is sent again. Default false. */
  retryable?: boolean;
  /** How long the server asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** What an error looks like in an event: safe to store and to show. */
export interface ErrorInfo {
  code: string;
  message: string;
  retryable?: boolean;
  /** How long the server asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  status?: number;
  requestId?: string;
  /** How many requests were made before giving up. */
  attempts?: number;
  /** A simulator said so, not a server of xAI. */
  simulated?: true;
}

/** The one base class. `code` is for programs, `message` for people, `cause` for debugging. */
export class AgentError extends Error {
  override readonly name: string = "AgentError";
  readonly code: ErrorCode;
  /** The retry owner takes it back where sending again would repeat an effect. */
  retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Requests made when this error was given up on. The retry owner counts them; 1 until then. */
  attempts = 1;

  constructor(code: ErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Neither the stack nor the cause: both may hold what must not be shown. */
  toJSON(): ErrorInfo {
    return errorInfo(this);
  }
}

/** An error as plain data, for events. Anything thrown that is not ours is `internal` with its message. */
export function errorInfo(error: unknown): ErrorInfo {
  if (!(error instanceof AgentError)) return { code: "internal", message: withoutCredentials(errorMessage(error)) };
  const info: ErrorInfo = { code: error.code, message: withoutCredentials(error.message), retryable: error.retryable };
  const { status, requestId, simulated } = error as { status?: unknown; requestId?: unknown; simulated?: unknown };
  if (error.retryAfterMs !== undefined) info.retryAfterMs = error.retryAfterMs;
  if (typeof status === "number") info.status = status;
  if (typeof requestId === "string") info.requestId = requestId;
  if (simulated === true) info.simulated = true;
  if (error.attempts > 1) info.attempts = error.attempts;
  return info;
}

/** What stands where a credential stood. */
const MARK = "[redacted]";

/** What credentials look like, whosever they are, and what is left of them. One by one, so that each can be checked to be linear. */
const CREDENTIALS: readonly (readonly [pattern: RegExp, left: string])[] = [
  [/\bxai-[\w-]{6,}/gi, MARK], // a real one has some 80 characters: six are enough to catch a shortened echo of it
  [/\bBearer\s{1,8}[^\s"',;]+/gi, MARK],
  [/\bsk-[\w-]{16,}/g, MARK],
  [/\bgh[opsu]_\w{20,}/g, MARK],
  [/\bAKIA[0-9A-Z]{16}\b/g, MARK],
  [/(^|[^\w-])eyJ[\w-]{8,}\.[\w.-]*/g, `$1${MARK}`],
  [/:\/\/[^\s/?#@]+@/g, `://${MARK}@`],
  [/\b(api_?key|token|secret|password|pwd)=[^\s&;,"')]{4,}/gi, `$1=${MARK}`],
];

/**
 * A text without what looks like a credential: keys of xAI and others, bearer tokens, the user in a URL, `password=…`. A secret
 * that looks like an ordinary word stays: only its owner knows it.
 */
export function withoutCredentials(text: string): string {
  return CREDENTIALS.reduce((rest, [pattern, left]) => rest.replace(pattern, left), text);
}

/** The message of anything that can be thrown, without running code of the thrown thing that may throw again. */
export function errorMessage(thrown: unknown): string {
  try {
    if (thrown instanceof Error && thrown.message !== "") return thrown.message;
    return typeof thrown === "string" ? thrown : Object.prototype.toString.call(thrown);
  } catch {
    return "unreadable error";
  }
}
