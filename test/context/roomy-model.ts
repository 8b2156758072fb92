import { AgentError, type AssistantMessage, type Message } from "fairwitness";
import type { CompactRequest, Model } from "../../src/model/index.ts";
import { type ScriptedAttempt, type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

export interface RoomyModel extends ScriptedModel {
  /** Conversations that were to be made short. */
  readonly compacted: readonly (readonly Message[])[];
  /** What summaries were asked of. */
  readonly summed: readonly string[];
}

export interface RoomyOptions {
  /** What the agent is told that it takes. Absent: nothing. */
  contextWindow?: number;
  /** What it takes: beyond that it refuses. Absent: anything. */
  limit?: number;
  /** How the n-th attempt at a compaction fails, from 0; undefined: it does not. */
  compactionFails?: (n: number) => AgentError | undefined;
  /** The n-th answer to whoever asks for a summary, from 0. Default: a short text. */
  summary?: (n: number) => ScriptedAttempt;
}

/** A scripted model that knows how much it takes, makes conversations short as xAI does, and writes summaries beside its script. */
export function roomyModel(
  script: readonly ScriptedAttempt[] | ((n: number) => ScriptedAttempt),
  {
    contextWindow,
    limit = Number.POSITIVE_INFINITY,
    compactionFails = () => undefined,
    summary = () => ({ text: "All was said.", ticks: 5 }),
  }: RoomyOptions,
): RoomyModel {
  const turns = scriptedModel(script);
  const summed: string[] = [];
  const summaries = scriptedModel(summary);
  const compacted: (readonly Message[])[] = [];
  const model: Model = {
    ...turns,
    ...(contextWindow === undefined ? {} : { contextWindow }),
    stream(request, signal) {
      const tokens = Math.ceil(JSON.stringify(request.messages).length / 4);
      if (tokens > limit) throw tooLong(limit, tokens);
      const [first, second] = request.messages;
      if (first?.role !== "system" || !first.content.startsWith("You sum up")) return turns.stream(request, signal);
      summed.push(String(second?.content));
      return summaries.stream(request, signal);
    },
    async compact({ messages }: CompactRequest) {
      const n = compacted.length;
      compacted.push(structuredClone([...messages]));
      const failure = compactionFails(n);
      if (failure !== undefined) throw failure;
      const usage = { inputTokens: 100, outputTokens: 10, totalTokens: 110 };
      return { messages: [standIn()], usage, cost: { basis: "billed", ticks: 7 } };
    },
  };
  return { ...turns, ...model, compacted, summed };
}

function tooLong(limit: number, tokens: number): AgentError {
  const message = `This model's maximum prompt length is ${limit} but the request contains ${tokens} tokens.`;
  return new AgentError("context_overflow", message);
}

/** What xAI makes of a conversation. */
export function standIn(): AssistantMessage {
  const items = [{ type: "compaction", id: "cmp_1", encrypted_content: "sealed" }];
  return { role: "assistant", content: "", raw: { api: "responses", provider: "xai", family: "grok-4", items } };
}
