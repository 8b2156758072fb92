import { invalid, isRecord, parseJson, type SimMessage, type SimRefusal, type SimSentCall } from "./request.ts";

/** Why xAI would refuse these messages (xai-wire 1.2, user-asks A1, A3, A5). */
export function messagesRefusal(messages: readonly SimMessage[]): SimRefusal | undefined {
  if (messages.length === 0) return invalid("Invalid request content: messages must not be empty.");
  return contentRefusal(messages) ?? argumentsRefusal(messages) ?? pairingRefusal(messages);
}

/**
 * Every message needs content. An assistant message that only calls tools has content "" as recorded; null there was
 * refused (langchain#34140), and "" anywhere else is refused.
 */
function contentRefusal(messages: readonly SimMessage[]): SimRefusal | undefined {
  const isEmpty = ({ role, content, tool_calls }: SimMessage): boolean => {
    if (content === undefined || content === null) return true;
    return content.length === 0 && !(role === "assistant" && (tool_calls ?? []).length > 0 && content === "");
  };
  if (!messages.some(isEmpty)) return undefined;
  return invalid("Invalid request content: Each message must have at least one content element.");
}

/** Arguments in the history must be the text of a JSON object (spiceai#4734, its wording). */
function argumentsRefusal(messages: readonly SimMessage[]): SimRefusal | undefined {
  const bad = messages.flatMap(callsOf).find((call) => !isRecord(parseJson(call.function.arguments)));
  return bad === undefined
    ? undefined
    : invalid(`The arguments to a tool_call with ID '${bad.id}' are not a valid JSON string.`);
}

function callsOf(message: SimMessage): readonly SimSentCall[] {
  return message.role === "assistant" ? (message.tool_calls ?? []) : [];
}

/**
 * Each call has one result, each result one call, and results stand right behind their calls. An id may not come twice
 * in a conversation, not even in different turns.
 */
function pairingRefusal(messages: readonly SimMessage[]): SimRefusal | undefined {
  const seen = new Set<string>();
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role === "tool") {
      const refusal = resultRefusal(message, open, seen);
      if (refusal !== undefined) return refusal;
      continue;
    }
    if (open.size > 0) return unanswered(open);
    const ids = callsOf(message).map((call) => call.id);
    const twice = ids.find((id, at) => seen.has(id) || ids.indexOf(id) !== at);
    if (twice !== undefined) return invalid(`Invalid request content: Duplicate tool_call ID '${twice}'.`);
    for (const id of ids) seen.add(id);
    open = new Set(ids);
  }
  return open.size > 0 ? unanswered(open) : undefined;
}

/** Takes the answered call out of `open`, or says what is wrong with the result. */
function resultRefusal(message: SimMessage, open: Set<string>, seen: ReadonlySet<string>): SimRefusal | undefined {
  const id = message.tool_call_id;
  if (id === undefined) return invalid("Invalid request content: A tool message must have a tool_call_id.");
  if (open.delete(id)) return undefined;
  if (seen.has(id))
    return invalid(
      `Invalid request content: The tool_call with ID '${id}' already has a result, or its result is out of place.`,
    );
  return invalid(
    `Invalid request content: A tool message answers tool_call ID '${id}', which no assistant message before it made.`,
  );
}

function unanswered(open: ReadonlySet<string>): SimRefusal {
  return invalid(
    `Invalid request content: An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Missing: ${[...open].join(", ")}.`,
  );
}
