import type { AssistantMessage, Message, MessageToolCall } from "../message/index.ts";
import { invalid, kindOf, mendSurrogates, optionalText, text, unknownRole } from "./chat-message.ts";
import type { Frame } from "./conversation.ts";
import { noteForeign } from "./foreign-items.ts";
import { toContent } from "./messages-content.ts";
import { type BlockRules, isBlank, replayBlocks, toolUse, wireId } from "./messages-raw.ts";

/** The results of one round are one message, right behind the calls that they answer. */
const RESULTS: Frame = { open: '{"role":"user","content":[', close: "]}" };

export function frameOf(message: Message): Frame | undefined {
  return message?.role === "tool" ? RESULTS : undefined;
}

/**
 * A message as JSON of the Messages protocol; a tool result as the block that it is. None for an assistant message that says
 * nothing. A system message stands in the conversation as a user message, marked as what it is: only xAI knows the role there.
 * @param at Its place, for the error.
 * @throws {AgentError} `invalid_message` naming the position and what is wrong there.
 */
export function toEntries(message: Message, at: string, rules: BlockRules): readonly string[] {
  // A conversation read from a file may hold anything, null included.
  switch (message?.role) {
    case "system":
      return [userMessage(`<system>\n${text(message.content, `${at}.content`)}\n</system>`)];
    case "user":
      return [userMessage(toContent(message.content, `${at}.content`, rules))];
    case "assistant": {
      const blocks = replayed(message, at, rules) ?? neutral(message, at, rules);
      return blocks.length === 0 ? [] : [`{"role":"assistant","content":[${blocks.join(",")}]}`];
    }
    case "tool": {
      const tool_use_id = wireId(text(message.callId, `${at}.callId`));
      const content = toContent(message.content, `${at}.content`, rules);
      return [json({ type: "tool_result", tool_use_id, content })];
    }
    default:
      return unknownRole(message, at);
  }
}

/** System messages before all others: what this protocol calls `system`. */
export function leadingSystem(messages: readonly Message[]): readonly string[] {
  const texts: string[] = [];
  for (const message of messages) {
    if (message?.role !== "system") break;
    texts.push(text(message.content, `messages[${texts.length}].content`));
  }
  return texts;
}

function replayed(message: AssistantMessage, at: string, rules: BlockRules): readonly string[] | undefined {
  checkCalls(message, at);
  return replayBlocks(message, at, rules);
}

/** What any server understands. Reasoning goes back signed or not at all. */
function neutral(message: AssistantMessage, at: string, { note }: BlockRules): readonly string[] {
  noteForeign(message, at, note);
  if (optionalText(message.reasoning, `${at}.reasoning`) !== "") note("reasoning", at);
  // A refusal is what the model answered, or how its answer ended.
  const texts = [optionalText(message.content, `${at}.content`), optionalText(message.refusal, `${at}.refusal`)];
  const said = texts.filter((text) => !isBlank(text)).map((text) => json({ type: "text", text }));
  return [...said, ...(message.toolCalls ?? []).map((call) => toolUse(call))];
}

function checkCalls({ toolCalls = [] }: AssistantMessage, at: string): void {
  if (!Array.isArray(toolCalls)) throw invalid(`${at}.toolCalls`, `is ${kindOf(toolCalls)}`, "Give a list.");
  toolCalls.forEach((call: MessageToolCall, n) => {
    const place = `${at}.toolCalls[${n}]`;
    text(call?.tool, `${place}.tool`);
    text(call.id, `${place}.id`);
    if (typeof call.arguments === "string") return;
    throw invalid(`${place}.arguments`, `is ${kindOf(call.arguments)}`, "Give the JSON text the model wrote.");
  });
}

function userMessage(content: unknown): string {
  return json({ role: "user", content });
}

function json(value: unknown): string {
  return mendSurrogates(JSON.stringify(value));
}
