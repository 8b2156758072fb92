import { checkMark, checkPart, invalid, nameOf } from "./check-part.ts";
import type { Message, UserMessage } from "./message.ts";

/** Fields of chat-completions JSON, which is another form of a conversation. */
const CHAT_JSON = ["tool_calls", "tool_call_id", "reasoning_content", "function_call"];

/** Types of the parts that `imagePart` and `filePart` make, which are easily given where a message belongs. */
const PARTS: readonly unknown[] = ["text", "image", "file"];

const ROLES: readonly string[] = ["system", "user", "assistant", "tool"];

/**
 * Checks messages that somebody handed in, before anything is done with them.
 * @param where What they were given as, such as `messages`.
 * @throws {AgentError} `invalid_message` naming the message, what is wrong with it and what to do.
 */
export function checkMessages(messages: unknown, where: string): asserts messages is readonly Message[] {
  if (!Array.isArray(messages)) throw invalid(where, `is ${nameOf(messages)}`, "Give a list of messages.");
  messages.forEach((message: unknown, index) => {
    checkMessage(message, `${where}[${index}]`);
  });
}

/** @throws {AgentError} `invalid_message` when it is no user message that says something. */
export function checkUserMessage(message: unknown, where: string): asserts message is UserMessage {
  checkMessage(message, where);
  if (message.role !== "user")
    throw invalid(where, `has the role ${message.role}`, 'Give a user message: { role: "user", content }.');
}

/** @throws {AgentError} `invalid_message` naming what is wrong with it and what to do. */
export function checkMessage(message: unknown, where: string): asserts message is Message {
  if (typeof message !== "object" || message === null) {
    throw invalid(where, `is ${nameOf(message)}`, 'Give a message, such as { role: "user", content: "…" }.');
  }
  const fields = message as Readonly<Record<string, unknown>>; // an object; what it holds is looked at below
  const chatField = CHAT_JSON.find((name) => fields[name] !== undefined);
  if (chatField !== undefined || Array.isArray(fields.parts)) {
    const form = chatField ?? "parts";
    throw invalid(
      where,
      `has ${form}: it is a message of another form`,
      "Convert chat-completions JSON with fromChatMessages(messages).",
    );
  }
  if (typeof fields.role !== "string" || !ROLES.includes(fields.role)) {
    if (PARTS.includes(fields.type)) {
      throw invalid(where, "is a part of a message", 'Put it into one: { role: "user", content: [part] }.');
    }
    const advice = fields.role === "developer" ? 'Write the role "system".' : `Roles: ${ROLES.join(", ")}.`;
    throw invalid(where, `has the role ${nameOf(fields.role)}`, advice);
  }
  checkContent(fields, where);
}

function checkContent({ role, content, callId, untrusted }: Readonly<Record<string, unknown>>, where: string): void {
  const isList = Array.isArray(content) && role !== "system" && role !== "assistant";
  if (typeof content !== "string" && !isList) {
    throw invalid(
      `${where}.content`,
      `is ${nameOf(content)}`,
      role === "assistant" ? 'Give a text; "" beside tool calls.' : "Give a text.",
    );
  }
  if (content.length === 0 && role !== "assistant") {
    throw invalid(`${where}.content`, "is empty", "xAI refuses a message without content.");
  }
  if (typeof content !== "string") {
    // By number: `forEach` would pass over a hole in the list.
    for (let n = 0; n < content.length; n += 1) checkPart(content[n], `${where}.content[${n}]`);
  }
  if (role === "tool") checkMark({ untrusted }, where);
  if (role === "tool" && (typeof callId !== "string" || callId === "")) {
    throw invalid(where, "is a tool result without a callId", "Give the id of the call that it answers.");
  }
}
