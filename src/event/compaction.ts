import { isCompaction, type Message } from "../message/index.ts";
import type { ContextCompactedEvent } from "./run-events.ts";
import { countAttempt } from "./spending.ts";
import type { RunState } from "./state.ts";

/** Makes the conversation as short as the event says: a new array, since what was encoded of the old one is not sent any more. */
export function compact(state: RunState, event: ContextCompactedEvent): void {
  const conversation = compactMessages(state.messages, event);
  state.before ??= state.messages;
  state.messages = conversation;
  state.size = { tokens: event.afterTokens, messages: conversation.length };
  if (event.simulated === true) state.simulated = true;
  if (event.cost !== undefined) countAttempt(state, event.usage, event.cost);
}

/** What a compaction leaves of a conversation: a new array. */
export function compactMessages(conversation: readonly Message[], change: Compaction): Message[] {
  const { results, from, count = 0, messages = [] } = change;
  const after = results === undefined ? [...conversation] : conversation.map((message) => shortened(message, results));
  if (from !== undefined) after.splice(from, count, ...messages);
  return after;
}

/** What changes. */
export type Compaction = Pick<ContextCompactedEvent, "results" | "from" | "count" | "messages">;

function shortened(message: Message, results: Readonly<Record<string, string>>): Message {
  if (message.role !== "tool" || !Object.hasOwn(results, message.callId)) return message;
  const content = results[message.callId];
  return content === undefined ? message : { ...message, content };
}

/** The instructions and what follows them. What xAI made of a conversation stays before anything else. */
export function beginWith(instructions: string | undefined, messages: readonly Message[]): readonly Message[] {
  if (instructions === undefined) return messages;
  const system: Message = { role: "system", content: instructions };
  const [first, ...rest] = messages;
  return first !== undefined && isCompaction(first) ? [first, system, ...rest] : [system, ...messages];
}

/** The conversation without the instructions that it was begun with: none are there once xAI has made it short. */
export function withoutInstructions(
  messages: readonly Message[],
  instructions: string | undefined,
): readonly Message[] {
  if (instructions === undefined) return messages;
  const at = isCompaction(messages[0]) ? 1 : 0;
  const system = messages[at];
  return system?.role === "system" && system.content === instructions ? messages.toSpliced(at, 1) : messages;
}

/** Other instructions from now on, in a new array. */
export function tellAnew(state: RunState, instructions: string, had: string | undefined): void {
  const { size } = state;
  const messages = [...beginWith(instructions, withoutInstructions(state.messages, had))];
  if (size !== undefined) state.size = { ...size, messages: size.messages + messages.length - state.messages.length };
  state.messages = messages;
}
