import { AgentError } from "../errors.ts";
import { createCallList } from "./chat-calls.ts";
import { malformed } from "./chat-decode.ts";
import type { ChatAnswer, ChatChoice, ChatChoiceDelta, ChatFinishReason, ChatToolCall } from "./chat-types.ts";
import { compact } from "./json.ts";
import { createPieces } from "./pieces.ts";

/** A choice as far as it has come. Its fields are read live. */
export interface ChatPartialChoice {
  readonly index: number;
  readonly message: ChatAnswer;
  /** Undefined while the choice is not finished. */
  readonly finish_reason: ChatFinishReason | undefined;
}

/** One choice of an answer while it comes. */
export interface ChoiceBuffer {
  readonly index: number;
  /** @throws {AgentError} `malformed_event` when it contradicts what came before. */
  add(delta: ChatChoiceDelta): void;
  /** @throws {AgentError} `stream_incomplete`, `malformed_event` */
  finish(): ChatChoice;
  /** The same object each time. */
  partial(): ChatPartialChoice;
}

export function createChoiceBuffer(index: number): ChoiceBuffer {
  const content = createPieces();
  const reasoning = createPieces();
  const refusal = createPieces();
  const calls = createCallList();
  const logprobs: unknown[] = [];
  let reason: ChatFinishReason | undefined;
  let partial: ChatPartialChoice | undefined;
  const readMessage = (toolCalls: readonly ChatToolCall[]): ChatAnswer =>
    compact<ChatAnswer>({
      role: "assistant",
      content: content.readText(),
      reasoning_content: reasoning.isEmpty() ? undefined : reasoning.readText(),
      refusal: refusal.isEmpty() ? undefined : refusal.readText(),
      tool_calls: toolCalls.length === 0 ? undefined : toolCalls,
    });
  return {
    index,
    add({ delta, finish_reason, logprobs: more }) {
      if (reason !== undefined && Object.keys(delta).length > 0) throw malformed("a choice goes on after its end");
      if (delta.content !== undefined) content.push(delta.content);
      if (delta.reasoning_content !== undefined) reasoning.push(delta.reasoning_content);
      if (delta.refusal !== undefined) refusal.push(delta.refusal);
      if (delta.tool_calls !== undefined) for (const call of delta.tool_calls) calls.add(call);
      if (more !== undefined) logprobs.push(more);
      reason = settleReason(reason, finish_reason);
    },
    finish() {
      if (reason === undefined) throw incomplete("before the model had finished");
      const finish_reason = finalReason(reason, calls.isEmpty());
      const message = readMessage(checkCalls(calls.read(), isCut(finish_reason)));
      return compact<ChatChoice>({ index, message, finish_reason, logprobs: joinLogprobs(logprobs) });
    },
    partial() {
      partial ??= {
        index,
        get message() {
          return readMessage(calls.read());
        },
        get finish_reason() {
          return reason;
        },
      };
      return partial;
    },
  };
}

/** Ways to say that the model itself came to an end: a server that says two of them does not contradict itself. */
const ENDS: ReadonlySet<string> = new Set(["stop", "end_turn", "tool_calls", "function_call"]);

function settleReason(
  known: ChatFinishReason | undefined,
  next: ChatFinishReason | undefined,
): ChatFinishReason | undefined {
  if (known === undefined || next === undefined || next === known) return known ?? next;
  if (ENDS.has(known) && ENDS.has(next)) return known;
  throw malformed("a choice has two finish reasons");
}

/** With calls the reason is the calls, whatever the server says (grok-build does the same), unless the answer was cut. */
function finalReason(reason: ChatFinishReason, hasNoCalls: boolean): ChatFinishReason {
  if (!hasNoCalls) return isCut(reason) ? reason : "tool_calls";
  if (reason === "tool_calls" || reason === "function_call") throw malformed("it ends for tool calls and holds none");
  return reason;
}

function isCut(reason: ChatFinishReason): boolean {
  return reason === "length" || reason === "content_filter";
}

/** A call that was cut before its name is nothing one could name; in a whole answer it is a contradiction. */
function checkCalls(calls: readonly ChatToolCall[], wasCut: boolean): readonly ChatToolCall[] {
  const named = calls.filter((call) => call.function.name !== "");
  if (named.length < calls.length && !wasCut) throw malformed("a tool call has no name");
  return named;
}

/** Log probabilities come as lists under the same names in every chunk. */
function joinLogprobs(parts: readonly unknown[]): unknown {
  return parts.length > 1 ? parts : parts[0];
}

/** The stream is over and the answer is not. */
export function incomplete(when: string): AgentError {
  const message = `The stream ended ${when}. What came is not an answer: try again.`;
  return new AgentError("stream_incomplete", message, { retryable: true });
}
