import type { Answer } from "./answer.ts";
import { type AnsweredBlock, answeredBlocks, messageEnd, messageHead, messageUsage } from "./messages-body.ts";
import type { Json } from "./output-item.ts";
import type { SimTurn } from "./script.ts";
import { pieces } from "./stream.ts";

/** Bytes of arguments in one piece when calls are sent in fragments. */
const FRAGMENT_CHARS = 8;

/**
 * All events of a streamed answer in the order of Anthropic's recordings: usage at both ends, a ping behind the first start,
 * every call's arguments from "" on. An answer that a script never finishes has neither of the last two.
 */
export function messageEvents(answer: Answer): readonly Json[] {
  const { turn } = answer;
  const blocks = answeredBlocks(answer).map((answered, index) => blockEvents(answered, index, turn));
  const [opening = [], ...others] = blocks;
  return [
    { type: "message_start", message: startOf(answer) },
    ...opening.slice(0, 1),
    { type: "ping" },
    ...opening.slice(1),
    ...others.flat(),
    ...endEvents(answer),
  ];
}

/** What was said by then is one token, as in the recordings. */
function startOf(answer: Answer): Json {
  const usage = messageUsage(answer);
  const { output_tokens_details: _later, ...begun } = { ...usage, output_tokens: 1 } as Json;
  return {
    ...messageHead(answer),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...(usage === undefined ? {} : { usage: begun }),
  };
}

function endEvents(answer: Answer): readonly Json[] {
  const { turn } = answer;
  if (turn.finishReason === null) return [];
  const usage = messageUsage(answer);
  const delta = { type: "message_delta", delta: messageEnd(answer), ...(usage === undefined ? {} : { usage }) };
  return turn.noDone === true ? [delta] : [delta, { type: "message_stop" }];
}

function blockEvents(answered: AnsweredBlock, index: number, turn: SimTurn): readonly Json[] {
  const { empty, deltas } = opened(answered, turn);
  return [
    { type: "content_block_start", index, content_block: empty },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** A block as it is begun, and what is added to it. */
function opened({ block, argumentsText }: AnsweredBlock, turn: SimTurn): { empty: Json; deltas: readonly Json[] } {
  if (block.type === "text") {
    const deltas = pieces(String(block.text), turn.split).map((text) => ({ type: "text_delta", text }));
    return { empty: { ...block, text: "" }, deltas };
  }
  if (block.type === "thinking") {
    const deltas = pieces(String(block.thinking), turn.split).map((thinking) => ({ type: "thinking_delta", thinking }));
    const signed = { type: "signature_delta", signature: block.signature };
    return { empty: { ...block, thinking: "", signature: "" }, deltas: [...deltas, signed] };
  }
  if (argumentsText === undefined) return { empty: block, deltas: [] }; // redacted thinking comes whole
  const deltas = ["", ...argumentPieces(argumentsText, turn)].map((partial_json) => ({
    type: "input_json_delta",
    partial_json,
  }));
  return { empty: { ...block, input: {} }, deltas };
}

/** Nothing at all for a call without arguments, as recorded. */
function argumentPieces(text: string, { split }: SimTurn): readonly string[] {
  if (text === "{}" || text === "") return [];
  return split === "fragments" ? (text.match(new RegExp(`[^]{1,${FRAGMENT_CHARS}}`, "g")) ?? []) : [text];
}
