import type { Message } from "../message/index.ts";
import type { ContextCompactedEvent } from "./run-events.ts";
import { countAttempt } from "./spending.ts";
import type { RunState } from "./state.ts";

/** Makes the conversation as short as the event says: a new array, since what was encoded of the old one is not sent any more. */
export function compact(state: RunState, event: ContextCompactedEvent): void {
  const { results, from, count, messages } = event;
  let conversation: Message[] = [...state.messages];
  if (results !== undefined) conversation = conversation.map((message) => shortened(message, results));
  if (from !== undefined) conversation.splice(from, count ?? 0, ...(messages ?? []));
  state.messages = conversation;
  if (event.cost !== undefined) countAttempt(state, event.usage, event.cost);
}

function shortened(message: Message, results: Readonly<Record<string, string>>): Message {
  if (message.role !== "tool" || !Object.hasOwn(results, message.callId)) return message;
  const content = results[message.callId];
  return content === undefined ? message : { ...message, content };
}
