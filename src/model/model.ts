import type { AgentError, ErrorInfo } from "../errors.ts";
import type {
  AssistantMessage,
  Citation,
  Cost,
  FinishReason,
  Message,
  Outcome,
  Protection,
  ServerCall,
  Source,
  Usage,
  Visibility,
} from "../message/index.ts";
import type { JsonSchema, ServerTool, ToolDeclaration } from "../tool/index.ts";

export type ReasoningEffort = "none" | "low" | "medium" | "high" | "xhigh";

export type ToolChoice = "auto" | "none" | "required" | { readonly tool: string };

/** Sampling and the like. Nothing that is not set is sent. */
export interface ModelSettings {
  /** 0 to 2. */
  temperature?: number;
  /** Above 0, up to 1. */
  topP?: number;
  /** Visible output only: reasoning and tool calls do not count, but on the Messages protocol, where all output does. */
  maxOutputTokens?: number;
  /** -2 to 2; refused by reasoning models. */
  frequencyPenalty?: number;
  /** -2 to 2; refused by reasoning models. */
  presencePenalty?: number;
  /** At most 4; refused by reasoning models. */
  stop?: readonly string[];
  seed?: number;
  reasoningEffort?: ReasoningEffort;
  /** `none` is none of xAI's either. A forced choice (`required` or a tool) holds for the first turn only, or the run could not end. */
  toolChoice?: ToolChoice;
  /** False: at most one call a turn. */
  parallelToolCalls?: boolean;
  /** Your id of the end user, for abuse attribution. */
  user?: string;
  /** How citations stand in the text (Responses API): `inline` as `[[1]](url)` (default), or `annotations` only. */
  citations?: "inline" | "annotations";
}

/** The JSON an answer must be. The model is told; whether it kept to it is checked by whoever asked. */
export interface OutputFormat {
  name: string;
  /** JSON Schema that passed the gate, an object at its root. */
  schema: JsonSchema;
}

/** One turn asked of a model. */
export interface ModelRequest {
  /** The conversation. The same array, only longer, on every turn: what was encoded before is not encoded again. */
  messages: readonly Message[];
  /**
   * The array that the conversation was before it was made short, until that was answered: what was told of the one is not told again of
   * the other, and that the prompt cache cannot be read is no news. Absent: it was not.
   */
  before?: readonly Message[];
  tools: readonly ToolDeclaration[];
  /** Tools that xAI runs. Only the Responses API takes them. Absent is none. */
  serverTools?: readonly ServerTool[];
  /** The most turns the server may take by itself in this request (`max_turns`). */
  maxServerTurns?: number;
  settings: ModelSettings;
  /** What the answer must be. Absent: any text. */
  output?: OutputFormat;
  /** Stable for a conversation, so that the server's prompt cache is read. */
  conversation: string;
  /** Yours, for xAI's support: the same in every attempt at this turn. Absent: none is sent. */
  requestId?: string;
  /** Which attempt at this turn it is, from 1; for logs. */
  attempt?: number;
}

/** A conversation to be made short. */
export interface CompactRequest {
  /** All of it: every call has its result. It must still fit into the model's context. */
  messages: readonly Message[];
  /** Of the turns to come: where they could not be sent behind what comes of it, nothing is made short. */
  settings?: ModelSettings;
  /** As in `ModelRequest`. */
  conversation?: string;
  requestId?: string;
  attempt?: number;
  /** Takes what there is to tell, as it comes: what does not go along, what the client does to protect itself. */
  onEvents?(events: readonly ModelEvent[]): void;
}

/** A conversation in short, and what that took. */
export interface CompactedConversation {
  /**
   * What stands in place of all messages that were given, system messages included: unchanged, and before anything else. The
   * next request needs more behind it: a user message, or the calls of a turn with their results.
   */
  messages: readonly Message[];
  /** Messages that went into it, as the server counts them. */
  droppedMessages?: number;
  /** Of making it short: `outputTokens` is about what it has from now on. */
  usage?: Usage;
  cost: Cost;
  servedModel?: string;
  responseId?: string;
  requestId?: string;
  simulated?: true;
}

/** What a model shows while it works. The last one of a turn is `turn`, whole. */
export type ModelEvent =
  | { type: "text.delta"; delta: string }
  | { type: "reasoning.delta"; delta: string }
  | { type: "tool.input.delta"; index: number; tool: string; delta: string }
  | { type: "wire"; item: unknown }
  | { type: "warning"; code: string; message: string }
  /** The headers of the answer are there: said once, where a simulator answers. */
  | { type: "answered"; simulated: true }
  /** What the turn has cost so far, in case it is cut short. */
  | { type: "usage"; usage: Usage; cost: Cost }
  /** A call of a server tool begins; `call.id` is the wire's. */
  | { type: "tool.started"; call: ServerCall }
  /** What the server asked of it, final. */
  | { type: "tool.input"; call: ServerCall }
  /** The server's word for where it is, such as `searching`. */
  | { type: "tool.executing"; call: ServerCall; phase: string }
  /** The request does not begin as the one before in its conversation did. */
  | { type: "cache.missed"; firstDifference: number; before: string; now: string }
  /** What the client did to protect itself or the server. */
  | ({ type: "protection" } & Protection)
  | { type: "turn"; turn: ModelTurn };

/** A whole turn: it exists only when its terminal marker was read. */
export interface ModelTurn {
  /** Call ids as the server gave them; they may repeat over the turns of a run. */
  message: AssistantMessage;
  finishReason: FinishReason;
  /** The server's own word for it, where ours says less. */
  wireFinishReason?: string;
  usage?: Usage;
  cost: Cost;
  servedModel?: string;
  responseId?: string;
  requestId?: string;
  systemFingerprint?: string;
  serviceTier?: string;
  simulated?: true;
  /** Every call of a server tool in the turn, in the order of the answer; ids are the wire's. */
  serverCalls?: readonly ServerCallResult[];
  /** What the text rests on, once for each source and place; `foundBy` holds the wire's call ids. */
  citations?: readonly Citation[];
  /** Turns the server took by itself, as far as its items show. */
  serverTurns?: number;
}

/** How a call of a server tool ended. */
export interface ServerCallResult {
  /** With its input. */
  call: ServerCall;
  outcome: Outcome;
  output?: unknown;
  visibility: Visibility;
  /** What it found, where xAI says; absent where it does not. */
  sources?: readonly Source[];
  error?: ErrorInfo;
  /** From its first to its last event on the wire; absent when it came at once. */
  observedMs?: number;
}

/** What retries may cost, shared by all that asks the same server. Whoever retries asks it first. */
export interface RetryBudget {
  /** Pays for a retry after this error; false when nothing is left for it. */
  take(error: AgentError): boolean;
  /** A request succeeded. */
  refund(): void;
}

/** What the loop knows of a model: one attempt at one turn. */
export interface Model {
  /** The name asked for. */
  readonly id: string;
  /**
   * `auto`: chat completions while all tools are functions, the Responses API as soon as a server tool is offered. `messages`:
   * Anthropic's protocol, for proxies that speak it.
   */
  readonly api: "auto" | "chat" | "responses" | "messages";
  /**
   * Streams one turn, an array of events per network read. A stream that ends without its terminal marker throws.
   * @throws {AgentError} and nothing else, but for `signal.reason`, which passes through.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<readonly ModelEvent[]>;
  /**
   * Whether it can be offered these tools with these settings: asked when an agent is made, so that what cannot work fails there and not in
   * the first run. Absent: it takes any.
   * @throws {AgentError} `unsupported_setting` saying why not and what to do.
   */
  accepts?(serverTools: readonly ServerTool[], settings: ModelSettings): void;
  /**
   * Makes a conversation short where the provider does that: one attempt. Absent: it does not.
   * @throws {AgentError} `unsupported_setting` when the turns to come could not be sent as they are set, and what `stream` throws;
   * `signal.reason` as it is.
   */
  compact?(request: CompactRequest, signal: AbortSignal): Promise<CompactedConversation>;
  /** Prompt and answer together, in tokens. Absent: not known. */
  readonly contextWindow?: number;
  /** Tokens of visible output that one answer has at most where a request sets no `maxOutputTokens`. Absent: not known. */
  readonly maxOutputTokens?: number;
  /** The server that it asks: prices differ by it. Absent: not known. */
  readonly host?: string;
  /** The budget for retries of the client it was made by. Absent: whoever retries has its own. */
  readonly retryBudget?: RetryBudget;
}
