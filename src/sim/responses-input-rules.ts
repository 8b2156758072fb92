import type { SimModel } from "./models.ts";
import { invalid, isRecord, parseJson, type SimItem, type SimRefusal, type SimRequest } from "./request.ts";
import { canUnseal, openCompaction } from "./sealed.ts";

/** Why xAI would refuse these input items (xai-wire 2.2, 5.2). */
export function inputRefusal({ input = [], chained = 0 }: SimRequest, model: SimModel): SimRefusal | undefined {
  const sent = input.slice(chained);
  if (sent.length === 0) return invalid("Invalid request content: input must not be empty.");
  return (
    contentRefusal(sent) ??
    reasoningRefusal(sent) ??
    compactionRefusal(input) ??
    sealRefusal(input, model) ??
    argumentsRefusal(sent) ??
    pairingRefusal(input)
  );
}

/** A message without any content is refused, whoever says it. */
function contentRefusal(items: readonly SimItem[]): SimRefusal | undefined {
  const isEmpty = ({ type, content }: SimItem): boolean => {
    if (type !== "message") return false;
    return Array.isArray(content) ? content.every((part) => isRecord(part) && part.text === "") : content === "";
  };
  if (!items.some(isEmpty)) return undefined;
  return invalid("Invalid request content: Each message must have at least one content element.");
}

/** `status` is output-only, and entries of `content` must say what they are (learned by grok-build, xai-wire 2.2). */
function reasoningRefusal(items: readonly SimItem[]): SimRefusal | undefined {
  for (const item of items.filter((item) => item.type === "reasoning" && !isCompaction(item))) {
    if (item.status !== undefined && item.status !== null)
      return invalid("Invalid request content: reasoning items must not have a status. Argument not supported: status");
    const content = Array.isArray(item.content) ? item.content : [];
    if (!content.every((part) => isRecord(part) && part.type === "reasoning_text"))
      return invalid('Invalid request content: reasoning content must have the type "reasoning_text".');
  }
  return undefined;
}

/** A reasoning item without `summary` is taken for one (chenyme/grok2api#688). */
function isCompaction({ type, summary }: SimItem): boolean {
  return type === "compaction" || (type === "reasoning" && summary === undefined);
}

/**
 * A conversation in short begins the input, unchanged (docs.x.ai, context-compaction). The first refusal is worded as in
 * Wei-Shaw/sub2api#4223; that the second is one, and its words, are ours.
 */
function compactionRefusal(items: readonly SimItem[]): SimRefusal | undefined {
  if (items.some((item) => isCompaction(item) && openCompaction(item.encrypted_content) === undefined))
    return invalid("Could not decode the compaction blob. Ensure it is unmodified from the compact response.");
  if (items.slice(1).some(isCompaction))
    return invalid("Invalid request content: a compaction must be the first item of the input, and the only one.");
  return undefined;
}

/** The documented use puts something to answer behind it; what happens without is not known. */
export function aloneRefusal({ input = [] }: SimRequest): SimRefusal | undefined {
  const isAlone = input.length === 1 && input.every(isCompaction);
  return isAlone ? invalid("Invalid request content: nothing follows the compaction.") : undefined;
}

function sealRefusal(items: readonly SimItem[], model: SimModel): SimRefusal | undefined {
  const sealed = items
    .filter((item) => !isCompaction(item))
    .map((item) => item.encrypted_content)
    .filter((content) => content !== undefined && content !== null);
  if (sealed.every((content) => canUnseal(content, model.id))) return undefined;
  return invalid(
    "Could not decrypt the provided encrypted_content. It was not made by this service, or by a model of another family.",
  );
}

/** Arguments in the history must be the text of a JSON object, as on chat completions. */
function argumentsRefusal(items: readonly SimItem[]): SimRefusal | undefined {
  const bad = items.find(({ type, arguments: args }) => type === "function_call" && !isRecord(parseJson(String(args))));
  if (bad === undefined) return undefined;
  return invalid(`The arguments to a tool_call with ID '${String(bad.call_id)}' are not a valid JSON string.`);
}

/** Each call of a function has one output, behind it; each output one call. */
function pairingRefusal(items: readonly SimItem[]): SimRefusal | undefined {
  const seen = new Set<string>();
  const open = new Set<string>();
  for (const item of items) {
    const id = String(item.call_id);
    if (item.type === "function_call") {
      if (seen.has(id)) return invalid(`Invalid request content: Duplicate function_call with call_id '${id}'.`);
      seen.add(id);
      open.add(id);
    }
    if (item.type === "function_call_output" && !open.delete(id)) return orphan(id, seen.has(id));
    if (item.type === "message" && item.role !== "assistant" && open.size > 0) return unanswered(open);
  }
  return open.size > 0 ? unanswered(open) : undefined;
}

function orphan(id: string, isSecond: boolean): SimRefusal {
  if (isSecond) return invalid(`Invalid request content: The function_call '${id}' already has an output.`);
  return invalid(`Invalid request content: No function_call found for function_call_output with call_id '${id}'.`);
}

function unanswered(open: ReadonlySet<string>): SimRefusal {
  return invalid(`Invalid request content: No function_call_output found for function_call ${[...open].join(", ")}.`);
}
