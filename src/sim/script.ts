import type { SimRequest } from "./request.ts";
import type { SimCitation, SimRawCall, SimServerCall } from "./server-calls.ts";

/** A tool call the simulated model makes. */
export interface SimToolCall {
  /** Any name, registered or not: a script may play a model that invents one. */
  name: string;
  /** An object is sent as JSON; a string is sent as it is, so that a script can send malformed arguments. */
  arguments: string | Readonly<Record<string, unknown>>;
  /** Default `call_sim_<request>_<call>`, unique within a simulator. */
  id?: string;
}

/** Token counts that replace the simulator's estimate. The total and the cost follow from them as on xAI. */
export interface SimUsage {
  promptTokens?: number;
  /** Part of `promptTokens`. Default 0: the simulator caches nothing. */
  cachedTokens?: number;
  /** Visible output only; reasoning is counted beside it (xai-wire 1.3). */
  completionTokens?: number;
  reasoningTokens?: number;
  /** Responses only: what is in the model's context at the end. Default: estimated. */
  context?: { inputTokens: number; outputTokens: number };
  /** 1 USD = 10^10 ticks. Default: computed from the price table for the served model. */
  costInUsdTicks?: number;
}

/** Where an answer breaks off. Bytes are those of the body, without headers and chunk framing. */
export interface SimCut {
  afterBytes: number;
  /** `end` (default): a clean end of the body. `reset`: a TCP reset. */
  how?: "end" | "reset";
}

/**
 * One answer: what the model says, how it is sent, and what goes wrong on the way. Everything is optional; `{}` is an
 * answer without content. Counts of chunks are of data frames, from 0, before `[DONE]`.
 */
export interface SimTurn {
  reasoning?: string;
  text?: string;
  toolCalls?: readonly SimToolCall[];
  /** Responses only: what the server does by itself, in order, before text and function calls. */
  serverTools?: readonly (SimServerCall | SimRawCall)[];
  /** Responses only: what the text rests on. */
  citations?: readonly SimCitation[];
  /**
   * Not on chat. `true`: there is a reasoning item (on Messages `redacted_thinking`) even without `reasoning`, with
   * encrypted content alone. A text is sent as that content (on Messages, beside `reasoning`, as its signature). Default:
   * reasoning carries encrypted content when `include` asks for it. `false`: never. On Messages thinking is always signed.
   */
  reasoningEncrypted?: boolean | string;
  /**
   * The answer ends `incomplete` for this reason, such as `max_output_tokens`; the other endpoints then end it by length,
   * unless `finishReason` says otherwise.
   */
  incomplete?: string;
  /** Responses only: the answer ends `failed` with this error. */
  failed?: { readonly code: string; readonly message: string };
  /**
   * In the words of chat completions: default `tool_calls` with calls, else `stop`. Messages says it in its own
   * (`length` is `max_tokens`, `content_filter` is `refusal`; others as they are), Responses ends `incomplete` for `length`
   * and `content_filter`. `null`: none is ever sent, so the answer is never finished.
   */
  finishReason?: string | null;
  /** `null`: no usage is sent, even if asked for. */
  usage?: SimUsage | null;
  /** Sent as top-level `service_tier`. Default: absent, as in the recordings. */
  serviceTier?: string;
  /** Streams only: data frames to send as they are instead of the turn's own; a string is sent unencoded. */
  chunks?: readonly (string | Readonly<Record<string, unknown>>)[];
  /**
   * How a stream is divided. `words` (default): text and reasoning by word, each tool call whole in one chunk, as
   * recorded. `whole`: text and reasoning in one chunk each. `fragments`: by word, and tool calls in small pieces,
   * id and name in the first only.
   */
  split?: "whole" | "words" | "fragments";
  /**
   * Chat streams only: by which name a chunk carries its piece. Default `delta`; on profile `proxy`, `message` for xAI's
   * models, as its description has it (xai-wire 1.7).
   */
  chunkField?: "delta" | "message";
  /**
   * Messages streams only. `false`: frames without `event:` lines, as xAI's OpenAPI describes them. Default true: the
   * clients of this protocol read no others.
   */
  eventLines?: boolean;
  /** Milliseconds before the headers of the answer. Default 0. */
  delayMs?: number;
  /** Milliseconds before each chunk but the first. Default: the simulator's `pace`. */
  chunkDelayMs?: number;

  /** Answer with this HTTP status and `body` (default: xAI's body for that status) instead of model output. */
  status?: number;
  /** Sent instead of model output, with `status` (default 200). A string is sent as text, as HTML if it starts with `<`. */
  body?: unknown;
  /** Added to the answer's headers, whatever it is; `content-type` among them. */
  headers?: Readonly<Record<string, string>>;
  /** Answer 307 to this address. */
  redirect?: string;
  /** HTTP 200 with a JSON error body where a stream was asked for (xai-wire 1.4, item 7). `true`: xAI's own text. */
  json200Error?: true | Readonly<Record<string, unknown>>;
  /** The body breaks off. */
  cut?: SimCut;
  /** The body stops after so many bytes and the connection stays open until the client leaves. */
  stallAfterBytes?: number;
  /** Streams only: an error frame instead of chunk `afterChunks` and all that follow; the body then ends. */
  errorEvent?: { afterChunks: number; data?: unknown };
  /** Streams only: an extra frame before chunk `afterChunks`. Default `event: ping` with `{"type":"ping"}`. */
  unknownEvent?: { afterChunks: number; event?: string; data?: unknown };
  /** Streams only: an SSE comment, `: keep-alive`, before each chunk. */
  comments?: boolean;
  /** Streams only: chunk number so-and-so is sent twice. */
  duplicate?: number;
  /** Streams only: the body ends without its last frame: `[DONE]`, and on Messages `message_stop`. */
  noDone?: boolean;
}

/**
 * What the simulated model answers: turns in the order of the requests, or a function of the request and its number
 * (from 0). A function that returns `undefined` has no answer, which is told to the client as a 400.
 */
export type SimScript =
  | readonly SimTurn[]
  | ((request: SimRequest, index: number) => SimTurn | undefined | Promise<SimTurn | undefined>);

/** A script in use: hands out turns and knows which are left. */
export interface ScriptReader {
  /** The next turn, or `undefined` when there is none for this request. */
  next(request: SimRequest): Promise<{ turn: SimTurn | undefined; index: number }>;
  /** Turns no request has asked for; always empty for a function. */
  unused(): readonly SimTurn[];
}

/** Reads a script from its start. Requests that the rules refuse never get here, so they use up no turn. */
export function readScript(script: SimScript): ScriptReader {
  let index = 0;
  return {
    async next(request) {
      const current = index++;
      const turn = typeof script === "function" ? await script(request, current) : script[current];
      return { turn, index: current };
    },
    unused: () => (typeof script === "function" ? [] : script.slice(index)),
  };
}
