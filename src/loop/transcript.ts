import { contentText, type Message } from "../message/index.ts";

/** A conversation as one text, for whoever is to sum it up: calls and results by their ids, images and files by their names alone. */
export function transcriptOf(messages: readonly Message[]): string {
  return messages.map(entry).join("\n\n");
}

function entry(message: Message): string {
  switch (message.role) {
    case "system":
    case "user":
      return framed(message.role, contentText(message.content));
    case "assistant": {
      const { content, refusal = "", toolCalls = [] } = message;
      const calls = toolCalls.map(({ id, tool, arguments: args }) => `(calls ${tool}, id ${id}, with ${args})`);
      return framed("assistant", [content, refusal, ...calls].filter((line) => line !== "").join("\n"));
    }
    case "tool":
      return framed(`result of ${message.tool ?? "a tool"}, id ${message.callId}`, contentText(message.content));
    default:
      return message satisfies never;
  }
}

function framed(who: string, text: string): string {
  return `<<< ${who}\n${text}\n>>>`;
}
