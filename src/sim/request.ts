/**
 * A request as the simulator has understood it. Deliberately not the client's type: the judge keeps its own ruler.
 * Fields are those of xai-wire 1.1 and 1.2, spelled as on the wire; whatever else the caller sent is still there. A
 * request to `/v1/responses` is shown in the same form, so that one script serves both, with `input` and `hosted` beside; and
 * one to `/v1/messages`, with `talk` beside.
 */
export interface SimRequest {
  readonly model: string;
  readonly messages: readonly SimMessage[];
  readonly tools?: readonly SimTool[];
  readonly tool_choice?:
    | "auto"
    | "none"
    | "required"
    | { readonly type: "function"; readonly function: { name: string } };
  readonly parallel_tool_calls?: boolean;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly n?: number;
  readonly stop?: readonly string[];
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
  readonly reasoning_effort?: string;
  readonly response_format?: SimResponseFormat;
  /** Responses only: all items of the conversation, those of the responses it continues included. */
  readonly input?: readonly SimItem[];
  /** Responses only: how many of the items came from the responses it continues, and not from the caller. */
  readonly chained?: number;
  /** Responses only: the tools that the server runs, as declared; `tools` holds the functions alone. */
  readonly hosted?: readonly SimHostedTool[];
  /** Messages only: the messages as sent, each content as a list of blocks. */
  readonly talk?: readonly SimTalk[];
  readonly [field: string]: unknown;
}

/** An item of a Responses request or answer, or a content block of a Messages one, whole (xai-wire 2.2, 2.4, 3). */
export interface SimItem {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A message of a Messages request (xai-wire 3). */
export interface SimTalk {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly SimItem[];
}

/** A tool the server runs, as a Responses request declares it (xai-wire 2.3). */
export interface SimHostedTool {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How the answer is to be shaped (xai-wire 1.1). */
export interface SimResponseFormat {
  readonly type: "text" | "json_object" | "json_schema";
  readonly json_schema?: { readonly name?: string; readonly schema?: unknown };
}

/** One entry of the conversation, any role (xai-wire 1.2). */
export interface SimMessage {
  readonly role: "system" | "user" | "assistant" | "tool" | "function";
  readonly content?: string | readonly SimPart[] | null;
  readonly reasoning_content?: string | null;
  readonly tool_calls?: readonly SimSentCall[] | null;
  readonly tool_call_id?: string;
  readonly name?: string;
}

/** A part of a message, as it was sent. */
export interface SimPart {
  readonly type: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

/** A tool call as it stands in an assistant message of the history. */
export interface SimSentCall {
  readonly id: string;
  readonly type?: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A registered tool: a function, or the dead live search that the parser still knows (xai-wire 1.5). */
export interface SimTool {
  readonly type: "function" | "live_search";
  readonly function?: SimFunction;
}

/** What the caller registered. `parameters` is JSON Schema. */
export interface SimFunction {
  readonly name: string;
  readonly description?: string;
  readonly parameters: unknown;
}

/** An HTTP answer that refuses: the status and the body as xAI words them. */
export interface SimRefusal {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A script's own words, which no profile may word anew. */
  readonly verbatim?: true;
}

/** xAI's ordinary refusal: 400 `invalid-argument`, flat (xai-wire 5.1, shape 1). */
export function invalid(error: string): SimRefusal {
  return { status: 400, body: { code: "invalid-argument", error } };
}

/** True for a JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON text's value, or `undefined` when the text is not JSON; JSON itself has no such value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what follows from it
  }
}

/** The text of a message, its parts joined by line ends; "" when it has none or there is no message. */
export function messageText(message: SimMessage | undefined): string {
  if (typeof message?.content === "string") return message.content;
  return (message?.content ?? []).flatMap((part) => (typeof part.text === "string" ? [part.text] : [])).join("\n");
}
