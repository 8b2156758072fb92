import { type Answer, type AnsweredCall, answeredCalls, answerUsage, closingFields, finishReason } from "./answer.ts";
import { isRecord, parseJson } from "./request.ts";
import type { SimTurn } from "./script.ts";

/** Bytes of arguments in one piece when tool calls are sent in fragments. */
const FRAGMENT_CHARS = 8;

/** The error xAI was seen to send in a stream at capacity (xai-wire 5.2, shortened at its colon). */
const CAPACITY_ERROR = {
  type: "error",
  message:
    "The model is currently at capacity due to high demand. Please try again in a few minutes, or use a higher service tier for priority processing.",
};

/** One SSE frame: an event with one line of data, or a comment. */
export type Frame = { readonly event?: string; readonly data: string } | { readonly comment: string };

/** A frame as bytes on the wire. */
export function frameText(frame: Frame): string {
  if ("comment" in frame) return `: ${frame.comment}\n\n`;
  return frame.event === undefined ? `data: ${frame.data}\n\n` : `event: ${frame.event}\ndata: ${frame.data}\n\n`;
}

/** How an endpoint frames its streams. */
export interface Framing {
  /** Each frame says in an `event:` line what its data says as `type`. */
  readonly isNamed: boolean;
  /** `[DONE]` is the last frame. */
  readonly endsWithDone: boolean;
  /** The error in a stream, where a script does not say another. */
  readonly capacityError: unknown;
}

/** Data alone, `[DONE]` last: chat completions and Responses. */
export function plainFraming(): Framing {
  return { isNamed: false, endsWithDone: true, capacityError: CAPACITY_ERROR };
}

/** What a stream is made from. */
interface StreamSource {
  /** The turn's own chunks, where its script does not say others. */
  own(): readonly Readonly<Record<string, unknown>>[];
  readonly framing: Framing;
}

/** All frames of a streamed answer, the scripted faults among them, `[DONE]` last where the endpoint has it. */
export function streamFrames(turn: SimTurn, { own, framing }: StreamSource): readonly Frame[] {
  return withFaults(
    (turn.chunks ?? own()).map((chunk) => dataFrame(chunk, framing)),
    turn,
    framing,
  );
}

function dataFrame(chunk: unknown, { isNamed }: Framing, name?: string): Frame {
  const data = typeof chunk === "string" ? chunk : JSON.stringify(chunk);
  const value = typeof chunk === "string" ? parseJson(chunk) : chunk;
  const type = isNamed && isRecord(value) && typeof value.type === "string" ? value.type : undefined;
  const event = type ?? name;
  return event === undefined ? { data } : { event, data };
}

/** The chunks of an answer in recorded order: reasoning, text, calls, an empty delta with the reason, usage (1.4). */
export function chatChunks(answer: Answer): readonly Record<string, unknown>[] {
  const choices = Array.from({ length: answer.request.n ?? 1 }, (_, index) => choiceChunks(answer, index)).flat();
  const usage = answer.request.stream_options?.include_usage === true ? answerUsage(answer) : undefined;
  if (usage === undefined) return choices;
  return [...choices, { ...envelope(answer, answer.created), choices: [], usage, ...closingFields(answer.turn) }];
}

function choiceChunks(answer: Answer, index: number): readonly Record<string, unknown>[] {
  const { turn } = answer;
  const thinking = pieces(turn.reasoning, turn.split).map((reasoning_content) => ({ reasoning_content }));
  const text = pieces(turn.text, turn.split);
  // No recording shows how a stream begins that neither thinks nor speaks; an empty text folds to the content "" that
  // xAI is known to answer and to ask back, where nothing at all would fold to null.
  const opening = thinking.length === 0 && text.length === 0 ? [""] : [];
  const said = [...[...opening, ...text].map((content) => ({ content })), ...callDeltas(answer)];
  const reason = finishReason(turn);
  // `created` moves on within one answer, as in the recordings, so that no client comes to rely on it.
  const later = answer.created + (thinking.length > 0 ? 1 : 0);
  const deltas = [
    ...thinking.map((delta) => ({ delta, created: answer.created })),
    ...said.map((delta) => ({ delta, created: later })),
  ].map(({ delta, created }, at) => ({ delta: at === 0 ? { ...delta, role: "assistant" } : delta, created }));
  const last = reason === undefined ? [] : [{ delta: {}, created: later, finish_reason: reason }];
  return [...deltas, ...last].map(({ created, delta, ...end }) => ({
    ...envelope(answer, created),
    choices: [{ index, [turn.chunkField ?? "delta"]: delta, ...end }],
    ...closingFields(turn),
  }));
}

function envelope(answer: Answer, created: number): Record<string, unknown> {
  return { id: answer.id, object: "chat.completion.chunk", created, model: answer.model.id };
}

/** A text in the pieces it is streamed in: by word, or whole. */
export function pieces(text: string | undefined, split: SimTurn["split"]): readonly string[] {
  if (text === undefined || text === "") return [];
  return split === "whole" ? [text] : (text.match(/\s*\S+\s*$|\s*\S+|\s+$/g) ?? [text]);
}

/** Whole calls, one chunk each; or fragments, where only the first carries id and name (xai-wire 1.4 item 3, 1.7). */
function callDeltas(answer: Answer): readonly Record<string, unknown>[] {
  const calls = answeredCalls(answer);
  if (answer.turn.split !== "fragments") {
    return calls.map((call, index) => ({
      tool_calls: [{ id: call.id, function: call.function, index, type: call.type }],
    }));
  }
  return calls.flatMap((call, index) => fragmentsOf(call, index));
}

function fragmentsOf(call: AnsweredCall, index: number): readonly Record<string, unknown>[] {
  const head = { id: call.id, function: { name: call.function.name, arguments: "" }, index, type: call.type };
  const tail = [];
  for (let at = 0; at < call.function.arguments.length; at += FRAGMENT_CHARS) {
    tail.push({ function: { arguments: call.function.arguments.slice(at, at + FRAGMENT_CHARS) }, index });
  }
  return [head, ...tail].map((fragment) => ({ tool_calls: [fragment] }));
}

/** The scripted faults that are frames; those that are bytes belong to the writer. */
function withFaults(chunks: readonly Frame[], turn: SimTurn, framing: Framing): readonly Frame[] {
  const { duplicate, errorEvent } = turn;
  const kept = chunks
    .slice(0, errorEvent?.afterChunks)
    .flatMap((frame, at) => (duplicate === at ? [frame, frame] : [frame]));
  const frames = withUnknown([...kept, ...closingFrames(turn, framing)], turn, framing);
  return turn.comments === true ? frames.flatMap((frame) => [{ comment: "keep-alive" }, frame]) : frames;
}

function closingFrames({ errorEvent, noDone }: SimTurn, framing: Framing): readonly Frame[] {
  if (errorEvent !== undefined) {
    const error = JSON.stringify(errorEvent.data ?? framing.capacityError);
    return [dataFrame(error, framing, framing.isNamed ? "error" : undefined)];
  }
  return noDone === true || !framing.endsWithDone ? [] : [{ data: "[DONE]" }];
}

function withUnknown(frames: readonly Frame[], { unknownEvent }: SimTurn, framing: Framing): readonly Frame[] {
  if (unknownEvent === undefined) return frames;
  const { afterChunks, event, data = { type: "ping" } } = unknownEvent;
  const text = JSON.stringify(data);
  const extra = event === undefined ? dataFrame(text, framing, "ping") : { event, data: text };
  return frames.toSpliced(afterChunks, 0, extra);
}
