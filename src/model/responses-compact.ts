import type { AssistantMessage } from "../message/index.ts";
import { compactResponses, type ResponsesCompacted } from "../wire/index.ts";
import type { CompactedConversation, CompactRequest } from "./model.ts";
import { forgetBlobs, type ResponsesParts, sendMended } from "./responses-send.ts";
import { spendingOf } from "./responses-usage.ts";

/**
 * Makes a conversation short at xAI: one attempt, and once more where the server cannot decrypt what earlier answers hold. What comes
 * of it is one assistant message that says nothing and whose raw items are the whole output.
 */
export async function compactConversation(
  parts: ResponsesParts,
  request: CompactRequest,
  signal: AbortSignal,
): Promise<CompactedConversation> {
  const { endpoint, writer } = parts;
  const { messages, conversation = "", requestId, onEvents } = request;
  // What the prompt cache is found by goes as a header: the body has no place for it.
  const headers = conversation === "" ? {} : { headers: { "x-grok-conv-id": conversation } };
  const post = async (): Promise<ResponsesCompacted> => {
    const encoded = writer.encodeCompact(messages);
    const options = { signal, ...headers, ...(requestId === undefined ? {} : { requestId }) };
    const answer = await compactResponses(endpoint, encoded.body, options);
    if (encoded.notices.length > 0) onEvents?.(encoded.notices);
    encoded.answered();
    return answer;
  };
  const { sent, recovery } = await sendMended(post, messages, { parts, mends: [forgetBlobs] });
  if (recovery.length > 0) onEvents?.(recovery);
  return { messages: [standIn(sent, parts)], ...spending(sent, parts), ...identity(sent) };
}

function standIn({ output }: ResponsesCompacted, { maker }: ResponsesParts): AssistantMessage {
  return { role: "assistant", content: "", raw: { api: "responses", ...maker, items: output } };
}

function spending(
  { model, usage }: ResponsesCompacted,
  { id, host }: ResponsesParts,
): Pick<CompactedConversation, "usage" | "cost" | "droppedMessages"> {
  const answer = { model: model === "" ? id : model, terms: { host }, serverCalls: 0 };
  const dropped = usage?.dropped_message_count;
  return { ...spendingOf(usage, answer), ...(dropped === undefined ? {} : { droppedMessages: dropped }) };
}

function identity({ id, model, request_id, simulated }: ResponsesCompacted): Partial<CompactedConversation> {
  return {
    ...(model === "" ? {} : { servedModel: model }),
    ...(id === "" ? {} : { responseId: id }),
    ...(request_id === undefined ? {} : { requestId: request_id }),
    ...(simulated === undefined ? {} : { simulated }),
  };
}
