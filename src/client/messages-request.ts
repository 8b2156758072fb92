import { AgentError } from "../errors.ts";
import { describeModel, mendSurrogates } from "../model/index.ts";
import type { MessagesRequest } from "../wire/index.ts";

/** A message to ask for. It is streamed on the wire whichever way it is read. */
export type MessagesCreateRequest = Omit<MessagesRequest, "stream">;

/**
 * The body to send, the same in every attempt.
 * @throws {AgentError} `invalid_option`, `invalid_message`, `invalid_tool`
 */
export function encodeMessagesRequest(request: MessagesCreateRequest): Uint8Array<ArrayBuffer> {
  checkRequest(request);
  const body: MessagesRequest = { ...request, stream: true };
  try {
    return new TextEncoder().encode(mendSurrogates(JSON.stringify(body)));
  } catch (cause) {
    const message = "The request cannot be written as JSON: it holds a cycle or a BigInt. Send plain data.";
    throw new AgentError("invalid_message", message, { cause });
  }
}

/** True where the model may think for minutes before it says anything. What is unknown is given the time. */
export function mayBeSilent({ model, thinking }: MessagesCreateRequest): boolean {
  return thinking?.type !== "disabled" && describeModel(model)?.reasons !== false;
}

/** What is bound to fail, and what other clients' habits would get wrong. */
function checkRequest(request: MessagesCreateRequest): void {
  if (typeof request !== "object" || request === null) {
    throw new AgentError("invalid_option", "A message is asked for with an object: { model, max_tokens, messages }.");
  }
  if (typeof request.model !== "string" || request.model.trim() === "") {
    throw new AgentError("invalid_option", 'The request names no model. Set model, such as "grok-4.7".');
  }
  for (const [name, advice] of Object.entries(REFUSED)) {
    // Whoever passes these does so past the types; `false` and null ask for nothing.
    const value = Object.hasOwn(request, name) ? Reflect.get(request, name) : undefined;
    if (value) throw new AgentError("invalid_option", `${name} cannot be sent with messages here: ${advice}`);
  }
  checkMaxTokens(request.max_tokens);
  checkMessages(request.messages);
  checkToolChoice(request.tool_choice);
  checkTools(request.tools ?? []);
}

function checkMaxTokens(max_tokens: unknown): void {
  if (typeof max_tokens === "number" && Number.isInteger(max_tokens) && max_tokens > 0) return;
  const wrong = max_tokens === undefined ? "The request has no max_tokens" : "max_tokens is not a whole number above 0";
  throw new AgentError("invalid_option", `${wrong}: the Messages protocol requires it. Set it, such as to 4096.`);
}

function checkMessages(messages: unknown): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new AgentError("invalid_message", 'The request has no messages. Send at least { role: "user", content }.');
  }
  const answersCall = (message: unknown): boolean =>
    typeof message === "object" && message !== null && Reflect.get(message, "role") === "tool";
  if (!messages.some(answersCall)) return;
  const message =
    'There is no role "tool" in the Messages protocol: send results as { type: "tool_result", tool_use_id, content } in a message of the user.';
  throw new AgentError("invalid_message", message);
}

function checkToolChoice(choice: unknown): void {
  if (choice === undefined || choice === null || (typeof choice === "object" && "type" in choice)) return;
  const message =
    'tool_choice is an object in the Messages protocol: { type: "auto" }, "any", "none", or "tool" with a name.';
  throw new AgentError("invalid_option", message);
}

function checkTools(tools: unknown): void {
  if (!Array.isArray(tools)) throw new AgentError("invalid_tool", "tools must be a list of functions.");
  for (const tool of tools) {
    const isObject = typeof tool === "object" && tool !== null;
    const isForeign = isObject && ("function" in tool || "parameters" in tool);
    if (isObject && !isForeign && typeof tool.name === "string") continue;
    const message =
      "A tool is { name, description, input_schema } in the Messages protocol, without `function`, `parameters` and server tools of xAI.";
    throw new AgentError("invalid_tool", message);
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  stream: "use messages.stream(request) to read an answer as it comes.",
  instructions: "it is `system` in the Messages protocol.",
  input: "the conversation is `messages` in the Messages protocol.",
  max_completion_tokens: "it is `max_tokens` in the Messages protocol.",
  max_output_tokens: "it is `max_tokens` in the Messages protocol.",
  stop: "it is `stop_sequences` in the Messages protocol.",
  response_format: "the Messages protocol has none; say in `system` what the answer must look like.",
  parallel_tool_calls: "it is `tool_choice: { type, disable_parallel_tool_use }` in the Messages protocol.",
  search_parameters: "Live Search was switched off (410); its successors are server tools of the Responses API.",
  user: "it is `metadata: { user_id }` in the Messages protocol.",
};
