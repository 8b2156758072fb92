import { AgentError, errorInfo } from "../errors.ts";
import type { FailedAttempt, NewDelta, NewEvent } from "../event/index.ts";
import type { Op, StepInfo } from "../journal/index.ts";
import { type AssistantMessage, freshId, type MessageToolCall } from "../message/index.ts";
import type { ModelEvent, ModelRequest, ModelSettings, ModelTurn } from "../model/index.ts";
import { readArguments, type Toolbox } from "../tool/index.ts";
import type { TurnPosition } from "./loop.ts";
import type { LoopServices } from "./services.ts";

/**
 * The step that asks the model: attempts until a turn is whole. Each attempt is an epoch of its own, so that what a
 * failed one showed is void and what it cost is still counted.
 */
export function createModelOp(services: LoopServices): Op<TurnPosition> {
  return {
    id: "model",
    async run({ turn }, info) {
      let attempt = firstAttempt(info, turn, services.createId());
      const fail = (error: unknown): FailedAttempt & { turn: number } => failedAttempt(attempt, error);
      try {
        await services.retry(
          async (number) => {
            if (number > 1) attempt = nextAttempt(attempt, number);
            await makeAttempt(services, attempt);
          },
          {
            signal: info.signal,
            onRetry: (error, delayMs) => void attempt.info.record({ type: "turn.retrying", delayMs, ...fail(error) }),
          },
        );
      } catch (error) {
        await attempt.info.record({ type: "turn.failed", ...fail(error) });
        throw error;
      }
    },
  };
}

/** One attempt at a turn and what it has shown so far. */
interface Attempt {
  info: StepInfo;
  turn: number;
  number: number;
  /** The same for all attempts at the turn, so that xAI can tell a repeated request from a new one. */
  requestId: string;
  shown: { text: number; reasoning: number };
  /** What the server said the attempt used, before it was whole. */
  used?: Extract<ModelEvent, { type: "usage" }>;
  startedMs: number;
  firstDeltaMs?: number;
}

function firstAttempt(info: StepInfo, turn: number, requestId: string): Attempt {
  return { info, turn, number: 1, requestId, shown: { text: 0, reasoning: 0 }, startedMs: 0 };
}

function nextAttempt({ info, turn, requestId }: Attempt, number: number): Attempt {
  return { ...firstAttempt(info.nextEpoch(), turn, requestId), number };
}

async function makeAttempt(services: LoopServices, attempt: Attempt): Promise<void> {
  const { model, clock } = services;
  attempt.startedMs = clock.monotonic();
  let whole: ModelTurn | undefined;
  for await (const events of model.stream(requestFor(services, attempt), attempt.info.signal)) {
    const deltas: NewDelta[] = [];
    for (const event of events) {
      if (event.type === "turn") {
        whole = event.turn;
        continue;
      }
      const stored = show(attempt, event, deltas);
      if (stored !== undefined) await stored; // no promise where there is nothing to wait for: this runs for every token
    }
    if (deltas.length === 0) continue;
    attempt.firstDeltaMs ??= clock.monotonic() - attempt.startedMs;
    const behind = attempt.info.emit(deltas);
    if (behind !== undefined) await behind;
  }
  if (whole === undefined) throw neverWhole(model.id);
  await attempt.info.record(...(await closingEvents(services, attempt, whole)));
}

/** Deltas are collected for the viewers; what is final when seen goes on the record at once. */
function show(
  attempt: Attempt,
  event: Exclude<ModelEvent, { type: "turn" }>,
  deltas: NewDelta[],
): Promise<void> | void {
  switch (event.type) {
    case "text.delta":
      attempt.shown.text += event.delta.length;
      deltas.push(event);
      return;
    case "reasoning.delta":
      attempt.shown.reasoning += event.delta.length;
      deltas.push(event);
      return;
    case "tool.input.delta":
      deltas.push(event);
      return;
    case "usage":
      attempt.used = event;
      return;
    case "wire":
      return attempt.info.record({ type: "wire", turn: attempt.turn, item: event.item });
    case "warning":
      return attempt.info.record({ type: "warning", turn: attempt.turn, code: event.code, message: event.message });
    default:
      return event satisfies never;
  }
}

/** The client calls, each with its input, and `turn.completed` last: with it the turn exists. */
async function closingEvents(services: LoopServices, attempt: Attempt, whole: ModelTurn): Promise<NewEvent[]> {
  const { record, model, toolbox, clock } = services;
  const { turn } = attempt;
  const message = withFreshIds(whole.message, turn, record.fold.hasCallId);
  const events: NewEvent[] = [];
  for (const call of message.toolCalls ?? []) events.push(...(await callEvents(toolbox, call, turn)));
  const totalMs = clock.monotonic() - attempt.startedMs;
  const { message: _asReceived, ...rest } = whole;
  events.push({
    type: "turn.completed",
    turn,
    ...rest,
    message,
    timing: attempt.firstDeltaMs === undefined ? { totalMs } : { totalMs, firstDeltaMs: attempt.firstDeltaMs },
    requestedModel: model.id,
    attempt: attempt.number,
  });
  return events;
}

async function callEvents(toolbox: Toolbox, call: MessageToolCall, turn: number): Promise<readonly NewEvent[]> {
  const named = { id: call.id, tool: call.tool, executor: "client", kind: "function" } as const;
  const { input, inputText, issues } = await readArguments(toolbox.get(call.tool), call.arguments);
  const asked = {
    ...named,
    ...(input === undefined ? {} : { input }),
    ...(inputText === undefined ? {} : { inputText }),
  };
  return [
    { type: "tool.started", turn, call: named },
    { type: "tool.input", turn, call: asked, ...(issues === undefined ? {} : { issues }) },
  ];
}

/** Call ids only pair calls with results. A server may repeat them in every turn, so ours are made unique in the run. */
function withFreshIds(message: AssistantMessage, turn: number, isTaken: (id: string) => boolean): AssistantMessage {
  const { toolCalls } = message;
  if (toolCalls === undefined) return message;
  const ofThisTurn = new Set<string>();
  const calls = toolCalls.map((call, index) => {
    const id = freshId(call.id === "" ? `call_${turn}_${index + 1}` : call.id, (candidate) => {
      return isTaken(candidate) || ofThisTurn.has(candidate);
    });
    ofThisTurn.add(id);
    return id === call.id ? call : { ...call, id };
  });
  return { ...message, toolCalls: calls };
}

function requestFor(services: LoopServices, { turn, requestId }: Attempt): ModelRequest {
  const { record, toolbox, settings, conversation } = services;
  return {
    messages: record.fold.state.messages,
    tools: toolbox.declarations,
    settings: turn === 1 ? settings : withoutForcedChoice(settings),
    conversation,
    requestId,
  };
}

/** A forced choice holds for the first turn: kept up, the model could never answer. */
function withoutForcedChoice(settings: ModelSettings): ModelSettings {
  const { toolChoice, ...rest } = settings;
  if (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none") return settings;
  return rest;
}

function failedAttempt({ turn, number, shown, used }: Attempt, error: unknown): FailedAttempt & { turn: number } {
  const failed = { turn, attempt: number, error: errorInfo(error), discarded: shown };
  return used === undefined ? failed : { ...failed, usage: used.usage, cost: used.cost };
}

function neverWhole(model: string): AgentError {
  return new AgentError("stream_incomplete", `The stream of ${model} ended before its turn was whole.`, {
    retryable: true,
  });
}
