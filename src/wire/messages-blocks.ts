import { AgentError } from "../errors.ts";
import { compact, isObject, readString } from "./json.ts";
import type { MessagesBlock, MessagesServerToolUseBlock, MessagesTextBlock } from "./messages-types.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A content block by the fields we use, whole or just begun. What is of no kind we know, or lacks what its kind must have, is
 * `other`; only a call of one of our functions must be one, since it is acted on.
 * @throws {AgentError} `malformed_event` (retryable)
 */
export function readBlock(block: Fields): MessagesBlock {
  switch (block.type) {
    case "text":
      return readTextBlock(block);
    case "thinking":
      return {
        type: "thinking",
        thinking: readText(block.thinking, "thinking"),
        signature: readString(block.signature) ?? "",
      };
    case "redacted_thinking":
      return typeof block.data === "string"
        ? { type: "redacted_thinking", data: block.data }
        : { type: "other", block };
    case "tool_use": {
      const name = readString(block.name);
      if (name === undefined) throw malformedMessage("a tool call has no name");
      return { type: "tool_use", id: readString(block.id) ?? "", name, input_json: writeInput(block.input) };
    }
    case "server_tool_use":
    case "mcp_tool_use":
      return readServerCall(block.type, block) ?? { type: "other", block };
    default:
      return { type: "other", block };
  }
}

function readTextBlock({ text, citations }: Fields): MessagesBlock {
  const block: MessagesTextBlock = { type: "text", text: readText(text, "text") };
  return Array.isArray(citations) && citations.length > 0 ? { ...block, citations } : block;
}

function readServerCall(type: MessagesServerToolUseBlock["type"], block: Fields): MessagesBlock | undefined {
  const [id, name] = [readString(block.id), readString(block.name)];
  if (id === undefined || name === undefined) return undefined;
  return compact<MessagesServerToolUseBlock>({
    type,
    id,
    name,
    server_name: readString(block.server_name),
    input_json: writeInput(block.input),
  });
}

/** Text, or "" for nothing. Anything else is refused: to leave it out would make another answer of it. */
export function readText(value: unknown, field: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw malformedMessage(`${field} is not text`);
}

/** An input as JSON text. `{}` is what a block begins with, and says nothing yet. Some servers send the text itself. */
export function writeInput(input: unknown): string {
  if (input === undefined || input === null) return "";
  if (typeof input === "string") return input;
  return isObject(input) && Object.keys(input).length === 0 ? "" : JSON.stringify(input);
}

/** The server broke the protocol. Retryable: the next answer may be whole. Says where, never what was sent. */
export function malformedMessage(what: string): AgentError {
  const message = `The message holds something that cannot be read: ${what}. Try again.`;
  return new AgentError("malformed_event", message, { retryable: true });
}

/** The stream is over and the answer is not. */
export function incompleteMessage(when: string): AgentError {
  const message = `The message ended ${when}. What came is not an answer: try again.`;
  return new AgentError("stream_incomplete", message, { retryable: true });
}
