import { AgentError } from "../errors.ts";
import { describeModel, mendSurrogates } from "../model/index.ts";
import type { ResponsesCompactRequest, ResponsesRequest } from "../wire/index.ts";

/** A response to ask for. It is streamed on the wire whichever way it is read. */
export type ResponsesCreateRequest = Omit<ResponsesRequest, "stream">;

/**
 * The body to send, the same in every attempt.
 * @param conversation Sent as `prompt_cache_key` where the request has none.
 * @throws {AgentError} `invalid_option`, `invalid_message`, `invalid_tool`
 */
export function encodeResponsesRequest(
  request: ResponsesCreateRequest,
  conversation: string | undefined,
): Uint8Array<ArrayBuffer> {
  checkRequest(request);
  const key = request.prompt_cache_key ?? conversation;
  return toBytes({ ...request, stream: true, ...(key === undefined ? {} : { prompt_cache_key: key }) });
}

/**
 * The body of a request that makes a conversation short.
 * @throws {AgentError} `invalid_option`, `invalid_message`
 */
export function encodeCompactRequest(request: ResponsesCompactRequest): Uint8Array<ArrayBuffer> {
  checkModel(request, "A conversation is made short with an object: { model, input }.");
  checkInput(request.input);
  const { model, input, ...rest } = request;
  const [other] = Object.entries(rest).find(([, value]) => value !== undefined) ?? [];
  if (other === undefined) return toBytes({ model, input });
  const message = `responses.compact takes model and input, and no ${other}. Instructions and results of tools stand in the input.`;
  throw new AgentError("invalid_option", message);
}

function toBytes(body: ResponsesRequest | ResponsesCompactRequest): Uint8Array<ArrayBuffer> {
  try {
    return new TextEncoder().encode(mendSurrogates(JSON.stringify(body)));
  } catch (cause) {
    const message = "The request cannot be written as JSON: it holds a cycle or a BigInt. Send plain data.";
    throw new AgentError("invalid_message", message, { cause });
  }
}

/** True where minutes may pass without a word: while a model reasons, or the server uses its tools. */
export function mayBeSilent({ model, reasoning, reasoning_effort, tools = [] }: ResponsesCreateRequest): boolean {
  if (tools.some((tool) => tool.type !== "function")) return true;
  const effort = reasoning?.effort ?? reasoning_effort;
  return effort !== "none" && describeModel(model)?.reasons !== false;
}

/** What is bound to fail, and what other clients' habits would get wrong. */
function checkRequest(request: ResponsesCreateRequest): void {
  checkModel(request, "A response is asked for with an object: { model, input }.");
  for (const [name, advice] of Object.entries(REFUSED)) {
    // Whoever passes these does so past the types; `false` and null ask for nothing.
    const value = Object.hasOwn(request, name) ? Reflect.get(request, name) : undefined;
    if (value) throw new AgentError("invalid_option", `${name} cannot be sent with responses here: ${advice}`);
  }
  checkInput(request.input);
  checkTools(request.tools ?? []);
}

function checkModel(request: { model: string }, advice: string): void {
  if (typeof request !== "object" || request === null) throw new AgentError("invalid_option", advice);
  if (typeof request.model === "string" && request.model.trim() !== "") return;
  throw new AgentError("invalid_option", 'The request names no model. Set model, such as "grok-4.7".');
}

function checkInput(input: unknown): void {
  const isEmpty = typeof input === "string" ? input.trim() === "" : !Array.isArray(input) || input.length === 0;
  if (!isEmpty) return;
  const message = 'The request has no input. Send a text, or a list with at least { role: "user", content }.';
  throw new AgentError("invalid_message", message);
}

function checkTools(tools: unknown): void {
  if (!Array.isArray(tools)) throw new AgentError("invalid_tool", "tools must be a list.");
  for (const tool of tools) {
    const isTool = typeof tool === "object" && tool !== null && typeof tool.type === "string";
    if (!isTool)
      throw new AgentError("invalid_tool", 'A tool is an object with a type, such as { type: "web_search" }.');
    if (tool.type !== "function" || typeof tool.name === "string") continue;
    const message =
      "A function is flat on the Responses API: { type, name, parameters }, without the inner `function`.";
    throw new AgentError("invalid_tool", message);
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  stream: "use responses.stream(request) to read an answer as it comes.",
  background: "xAI does not support it, and its answer would have to be fetched.",
  messages: "the conversation is `input` on the Responses API.",
  max_tokens: "it is `max_output_tokens` on the Responses API.",
  max_completion_tokens: "it is `max_output_tokens` on the Responses API.",
  response_format: "it is `text: { format }` on the Responses API, with a flat json_schema.",
  search_parameters: 'Live Search was switched off (410); its successors are the tools "web_search" and "x_search".',
};
