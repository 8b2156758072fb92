import { AgentError } from "../../src/errors.ts";
import type { Message, MessageToolCall } from "../../src/message/index.ts";
import type { Model, ModelEvent, ModelRequest, ModelTurn } from "../../src/model/index.ts";

/** What a scripted model does in one attempt at a turn. */
export interface ScriptedAttempt {
  text?: string;
  reasoning?: string;
  calls?: readonly { tool: string; arguments: string; id?: string }[];
  finishReason?: ModelTurn["finishReason"];
  usage?: ModelTurn["usage"];
  ticks?: number;
  /** Thrown after the text was shown. */
  fail?: AgentError;
  /** Ends after the text was shown, without the whole turn. */
  cut?: boolean;
  /** Never goes on after the text was shown, until it is aborted. */
  hang?: boolean;
}

/** A model without a wire, for tests of the loop. `seen` holds the messages of every request, copied. */
export interface ScriptedModel extends Model {
  readonly seen: readonly (readonly Message[])[];
  readonly requests: readonly ModelRequest[];
}

export function scriptedModel(attempts: readonly ScriptedAttempt[] | ((n: number) => ScriptedAttempt)): ScriptedModel {
  const seen: (readonly Message[])[] = [];
  const requests: ModelRequest[] = [];
  return {
    id: "scripted",
    api: "chat",
    seen,
    requests,
    async *stream(request, signal): AsyncGenerator<readonly ModelEvent[]> {
      const n = seen.length;
      seen.push(structuredClone([...request.messages]));
      requests.push({ ...request });
      const attempt = typeof attempts === "function" ? attempts(n) : attempts[n];
      if (attempt === undefined) throw new AgentError("internal", `no attempt ${n + 1} in the script`);
      signal.throwIfAborted();
      if (attempt.reasoning !== undefined) yield [{ type: "reasoning.delta", delta: attempt.reasoning }];
      const words = (attempt.text ?? "").match(/\S+\s*/g) ?? [];
      for (const word of words) yield [{ type: "text.delta", delta: word }];
      await Promise.resolve();
      if (attempt.fail !== undefined) throw attempt.fail;
      signal.throwIfAborted();
      if (attempt.hang === true) await aborted(signal);
      signal.throwIfAborted();
      if (attempt.cut !== true) yield [{ type: "turn", turn: wholeTurn(attempt, n) }];
    },
  };
}

function wholeTurn(attempt: ScriptedAttempt, n: number): ModelTurn {
  const calls = (attempt.calls ?? []).map(
    (call, index): MessageToolCall => ({
      id: call.id ?? `call_${n}_${index}`,
      tool: call.tool,
      arguments: call.arguments,
    }),
  );
  const turn: ModelTurn = {
    message: { role: "assistant", content: attempt.text ?? "" },
    finishReason: attempt.finishReason ?? (calls.length > 0 ? "tool_calls" : "stop"),
    cost: attempt.ticks === undefined ? { basis: "unknown" } : { basis: "billed", ticks: attempt.ticks },
  };
  if (calls.length > 0) turn.message.toolCalls = calls;
  if (attempt.reasoning !== undefined) turn.message.reasoning = attempt.reasoning;
  if (attempt.usage !== undefined) turn.usage = attempt.usage;
  return turn;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
