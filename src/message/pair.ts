import type { AssistantMessage, Message, MessageToolCall, ToolMessage } from "./message.ts";

/** A conversation that can be sent, and what had to be mended to make it so. */
export interface PairedMessages {
  messages: readonly Message[];
  /** One sentence for each change; empty when the conversation was sound. */
  repairs: readonly string[];
}

/** What the model is told of a call that has no result. */
export const NO_RESULT = "No result: the run ended before this call was finished.";

/**
 * The conversation with every tool call directly followed by exactly one result, in call order, every result with its
 * call, and no call id twice. System, user and assistant messages keep their order and content. xAI refuses whatever
 * is not so paired, and a conversation with one orphan in it can never be continued.
 */
export function pairMessages(messages: readonly Message[]): PairedMessages {
  const results = resultsById(messages);
  const repairs: string[] = [];
  const seenIds = new Set<string>();
  const paired: Message[] = [];
  messages.forEach((message, index) => {
    if (message.role === "tool") return;
    if (message.role !== "assistant" || message.toolCalls === undefined || message.toolCalls.length === 0) {
      paired.push(message);
      return;
    }
    const calls = message.toolCalls.map((call) => ({ call, id: claimId(call.id, seenIds) }));
    paired.push(withIds(message, calls));
    for (const { call, id } of calls) paired.push(takeResult(results, index, call, id, repairs));
    for (const { call, id } of calls) {
      if (id !== call.id)
        repairs.push(`messages.${index}: the call id ${call.id} was used before; this one is sent as ${id}.`);
    }
  });
  for (const left of results.values()) {
    for (const { index, message } of left) {
      repairs.push(
        `messages.${index}: the tool result for ${message.callId} belongs to no call before it; it is not sent.`,
      );
    }
  }
  return { messages: repairs.length === 0 && isSameOrder(messages, paired) ? messages : paired, repairs };
}

/** `id` itself, or the first of `id_2`, `id_3` … that is not taken. */
export function freshId(id: string, isTaken: (id: string) => boolean): string {
  let fresh = id;
  for (let n = 2; isTaken(fresh); n += 1) fresh = `${id}_${n}`;
  return fresh;
}

/** The same, and taken from then on. */
function claimId(id: string, seen: Set<string>): string {
  const fresh = freshId(id, (candidate) => seen.has(candidate));
  seen.add(fresh);
  return fresh;
}

interface PlacedResult {
  index: number;
  message: ToolMessage;
}

function resultsById(messages: readonly Message[]): Map<string, PlacedResult[]> {
  const results = new Map<string, PlacedResult[]>();
  messages.forEach((message, index) => {
    if (message.role !== "tool") return;
    const placed = results.get(message.callId);
    if (placed === undefined) results.set(message.callId, [{ index, message }]);
    else placed.push({ index, message });
  });
  return results;
}

/** The first result for the call that stands after it, or one that says there is none. */
function takeResult(
  results: Map<string, PlacedResult[]>,
  callIndex: number,
  call: MessageToolCall,
  id: string,
  repairs: string[],
): ToolMessage {
  const placed = results.get(call.id) ?? [];
  const position = placed.findIndex((result) => result.index > callIndex);
  const found = position === -1 ? undefined : placed.splice(position, 1)[0];
  if (found === undefined) {
    repairs.push(`messages.${callIndex}: the call ${call.id} of ${call.tool} has no result; the model is told so.`);
    return { role: "tool", callId: id, tool: call.tool, content: NO_RESULT };
  }
  return found.message.callId === id ? found.message : { ...found.message, callId: id };
}

function withIds(message: AssistantMessage, calls: readonly { call: MessageToolCall; id: string }[]): AssistantMessage {
  if (calls.every(({ call, id }) => call.id === id)) return message;
  return { ...message, toolCalls: calls.map(({ call, id }) => ({ ...call, id })) };
}

function isSameOrder(before: readonly Message[], after: readonly Message[]): boolean {
  return before.length === after.length && before.every((message, index) => message === after[index]);
}
