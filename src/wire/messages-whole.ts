import { isObject, readString } from "./json.ts";
import { malformedMessage, readBlock, readText, writeInput } from "./messages-blocks.ts";
import { decodeEnding } from "./messages-decode.ts";
import type { MessagesBlock, MessagesDelta, MessagesEvent } from "./messages-types.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A whole message as the events it would have been, so that its reader need not know: texts and inputs come as deltas.
 * @throws {AgentError} `malformed_event` (retryable)
 */
export function eventsOfMessage(message: Fields, content: readonly unknown[]): readonly MessagesEvent[] {
  const head = { id: readString(message.id) ?? "", model: readString(message.model) ?? "" };
  return [
    { type: "message_start", message: head },
    ...content.flatMap(eventsOfBlock),
    decodeEnding(message),
    { type: "message_stop" },
  ];
}

function eventsOfBlock(block: unknown, index: number): readonly MessagesEvent[] {
  if (!isObject(block)) throw malformedMessage("a block is not an object");
  const { raw, delta } = splitBlock(readBlock(block), block);
  return [
    { type: "content_block_start", index, block: readBlock(raw), raw },
    ...(delta === undefined ? [] : [{ type: "content_block_delta" as const, index, delta }]),
    { type: "content_block_stop", index },
  ];
}

/** How a block begins, and the one delta that brings the rest. What only comes whole has none. */
function splitBlock({ type }: MessagesBlock, block: Fields): { raw: Fields; delta?: MessagesDelta } {
  switch (type) {
    case "text":
      return split(block, "text", { type: "text_delta", text: readText(block.text, "text") });
    case "thinking":
      return split(block, "thinking", {
        type: "thinking_delta",
        thinking: readText(block.thinking, "thinking"),
      });
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return {
        raw: { ...block, input: {} },
        delta: { type: "input_json_delta", partial_json: writeInput(block.input) },
      };
    default:
      return { raw: block };
  }
}

function split(block: Fields, field: "text" | "thinking", delta: MessagesDelta): { raw: Fields; delta: MessagesDelta } {
  return { raw: { ...block, [field]: "" }, delta };
}
