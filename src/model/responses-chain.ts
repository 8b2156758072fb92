import type { AssistantMessage, Message, MessageToolCall, RawItems } from "../message/index.ts";
import { createResponsesEncoder, type ResponsesWriter } from "./responses-encode.ts";

/** How far a conversation is stored at xAI. */
interface Link {
  responseId: string;
  /** Messages of the conversation that the stored answer followed; the answer itself comes next. */
  count: number;
  /** The ids of its calls as the server knows them. */
  wireIds: readonly string[];
}

/**
 * Writes requests that continue the answer stored last: with its id and only the messages after it. A conversation of which
 * nothing is stored is sent whole.
 */
export function createChain(model: string, maker: Pick<RawItems, "provider" | "family">): ResponsesWriter {
  const links = new WeakMap<readonly Message[], Link>();
  const encoder = createResponsesEncoder(model, maker, { store: true });
  return {
    encode(request) {
      const link = links.get(request.messages);
      const rest = link === undefined ? undefined : messagesAfter(request.messages, link);
      if (link === undefined || rest === undefined) return encoder.encode(request);
      return encoder.encode({ ...request, messages: rest }, link.responseId);
    },
    encodeCompact: encoder.encodeCompact,
    forgetBlobs(messages) {
      links.delete(messages);
      encoder.forgetBlobs(messages);
    },
    unlink: (messages) => links.delete(messages),
    answered({ messages }, count, { responseId, message }) {
      if (responseId === undefined) return void links.delete(messages);
      links.set(messages, { responseId, count, wireIds: (message.toolCalls ?? []).map((call) => call.id) });
    },
  };
}

/** What was said after the stored answer; undefined when the conversation did not go on from it. */
function messagesAfter(messages: readonly Message[], { count, wireIds }: Link): readonly Message[] | undefined {
  const answer = messages[count];
  const rest = messages.slice(count + 1);
  if (answer?.role !== "assistant" || rest.length === 0) return undefined;
  const wireId = idsOf(answer, wireIds);
  return rest.map((message) =>
    message.role === "tool" ? { ...message, callId: wireId.get(message.callId) ?? message.callId } : message,
  );
}

/** A call may have another id in the run than at the server, which knows only its own. */
function idsOf({ toolCalls = [] }: AssistantMessage, wireIds: readonly string[]): ReadonlyMap<string, string> {
  return new Map(toolCalls.map((call: MessageToolCall, index) => [call.id, wireIds[index] ?? call.id]));
}
