import type { AssistantMessage, Cost, FinishReason, Message, Usage } from "../message/index.ts";
import type { ToolDeclaration } from "../tool/index.ts";

export type ReasoningEffort = "none" | "low" | "medium" | "high" | "xhigh";

export type ToolChoice = "auto" | "none" | "required" | { readonly tool: string };

/** Sampling and the like. Nothing that is not set is sent. */
export interface ModelSettings {
  /** 0 to 2. */
  temperature?: number;
  /** Above 0, up to 1. */
  topP?: number;
  /** Visible output only: reasoning and tool calls do not count. */
  maxOutputTokens?: number;
  /** -2 to 2; refused by reasoning models. */
  frequencyPenalty?: number;
  /** -2 to 2; refused by reasoning models. */
  presencePenalty?: number;
  /** At most 4; refused by reasoning models. */
  stop?: readonly string[];
  seed?: number;
  reasoningEffort?: ReasoningEffort;
  /** A forced choice (`required` or a tool) holds for the first turn only, or the run could not end. */
  toolChoice?: ToolChoice;
  /** False: at most one call a turn. */
  parallelToolCalls?: boolean;
  /** Your id of the end user, for abuse attribution. */
  user?: string;
}

/** One turn asked of a model. */
export interface ModelRequest {
  /** The conversation. The same array, only longer, on every turn: what was encoded before is not encoded again. */
  messages: readonly Message[];
  tools: readonly ToolDeclaration[];
  settings: ModelSettings;
  /** Stable for a conversation, so that the server's prompt cache is read. */
  conversation: string;
  /** Yours, for xAI's support: the same in every attempt at this turn. Absent: none is sent. */
  requestId?: string;
}

/** What a model shows while it works. The last one of a turn is `turn`, whole. */
export type ModelEvent =
  | { type: "text.delta"; delta: string }
  | { type: "reasoning.delta"; delta: string }
  | { type: "tool.input.delta"; index: number; tool: string; delta: string }
  | { type: "wire"; item: unknown }
  | { type: "warning"; code: string; message: string }
  /** What the turn has cost so far, in case it is cut short. */
  | { type: "usage"; usage: Usage; cost: Cost }
  | { type: "turn"; turn: ModelTurn };

/** A whole turn: it exists only when its terminal marker was read. */
export interface ModelTurn {
  /** Call ids as the server gave them; they may repeat over the turns of a run. */
  message: AssistantMessage;
  finishReason: FinishReason;
  usage?: Usage;
  cost: Cost;
  servedModel?: string;
  responseId?: string;
  requestId?: string;
  systemFingerprint?: string;
  serviceTier?: string;
  simulated?: true;
  raw?: readonly unknown[];
}

/** What the loop knows of a model: one attempt at one turn. */
export interface Model {
  /** The name asked for. */
  readonly id: string;
  readonly api: "chat";
  /**
   * Streams one turn, an array of events per network read. A stream that ends without its terminal marker throws.
   * @throws {AgentError} and nothing else, but for `signal.reason`, which passes through.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<readonly ModelEvent[]>;
}
