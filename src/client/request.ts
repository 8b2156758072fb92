import { AgentError } from "../errors.ts";
import { describeModel, mendSurrogates } from "../model/index.ts";
import type { ChatRequest } from "../wire/index.ts";

/** A chat completion to ask for. It is streamed on the wire whichever way it is read. */
export type ChatCompletionRequest = Omit<ChatRequest, "stream" | "deferred">;

export interface RequestOptions {
  /** Ends the request; it rejects with `signal.reason` as it is. */
  signal?: AbortSignal;
  /** Further headers of this request. */
  headers?: Readonly<Record<string, string>>;
  /** A stable id of the conversation: leads it to the server that holds its prompt cache (`x-grok-conv-id`). */
  conversation?: string;
}

/** The body to send, the same in every attempt. @throws {AgentError} `invalid_option`, `invalid_message`, `invalid_tool` */
export function encodeRequest(request: ChatCompletionRequest): Uint8Array<ArrayBuffer> {
  checkRequest(request);
  const body: ChatRequest = {
    ...request,
    stream: true,
    stream_options: { ...request.stream_options, include_usage: true },
  };
  try {
    return new TextEncoder().encode(mendSurrogates(JSON.stringify(body)));
  } catch (cause) {
    const message = "The request cannot be written as JSON: it holds a cycle or a BigInt. Send plain data.";
    throw new AgentError("invalid_message", message, { cause });
  }
}

/** True where the model may think for minutes before it says anything. What is unknown is given the time. */
export function mayBeSilent({ model, reasoning_effort }: ChatCompletionRequest): boolean {
  return reasoning_effort !== "none" && describeModel(model)?.reasons !== false;
}

/** What is bound to fail, and what other clients' habits would get wrong. */
function checkRequest(request: ChatCompletionRequest): void {
  if (typeof request !== "object" || request === null) {
    throw new AgentError("invalid_option", "A completion is asked for with an object: { model, messages }.");
  }
  if (typeof request.model !== "string" || request.model.trim() === "") {
    throw new AgentError("invalid_option", 'The request names no model. Set model, such as "grok-4.7".');
  }
  if (!Array.isArray(request.messages) || request.messages.length === 0) {
    throw new AgentError("invalid_message", 'The request has no messages. Send at least { role: "user", content }.');
  }
  for (const [name, advice] of Object.entries(REFUSED)) {
    // Whoever passes these does so past the types; `false` and null ask for nothing.
    const value = Object.hasOwn(request, name) ? Reflect.get(request, name) : undefined;
    if (value) throw new AgentError("invalid_option", `${name} cannot be sent with chat completions here: ${advice}`);
  }
  checkTools(request.tools ?? []);
}

function checkTools(tools: unknown): void {
  if (!Array.isArray(tools)) throw new AgentError("invalid_tool", "tools must be a list of functions.");
  for (const tool of tools) {
    const type: unknown = typeof tool === "object" && tool !== null ? tool.type : typeof tool;
    if (type === "function") continue;
    const message = `Chat completions take tools of type "function" only; ${JSON.stringify(type)} needs the Responses API.`;
    throw new AgentError("invalid_tool", message);
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  stream: "use chat.completions.stream(request) to read an answer as it comes.",
  deferred: "its answer could be read once only, and would be lost by a retry.",
  search_parameters: "Live Search was switched off (410); its successors are server tools of the Responses API.",
  web_search_options: "Live Search was switched off (410); its successors are server tools of the Responses API.",
};
