import { orAborted } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { NewEvent } from "../event/index.ts";
import { type AssistantMessage, type Cost, freshId, type MessageToolCall } from "../message/index.ts";
import type { ModelTurn } from "../model/index.ts";
import { readArguments } from "../tool/index.ts";
import type { Attempt } from "./attempt.ts";
import { policyViolations } from "./policy.ts";
import type { LoopServices } from "./services.ts";

/**
 * What the terminal marker settled: how server calls ended, what is cited, what our own tools are asked to do; and
 * `turn.completed` last, since with it the turn exists.
 */
export async function closingEvents(services: LoopServices, attempt: Attempt, whole: ModelTurn): Promise<NewEvent[]> {
  const { record, model, toolbox, clock } = services;
  const { turn } = attempt;
  const events: NewEvent[] = [...attempt.served.complete(whole.serverCalls ?? [])];
  const isTaken = (id: string): boolean => record.fold.hasCallId(id) || attempt.served.hasId(id);
  const message = withFreshIds(whole.message, turn, isTaken);
  events.push(...attempt.served.cite(whole.citations ?? []));
  events.push(...policyViolations(toolbox.serverTools, whole.citations ?? [], turn));
  const totalMs = clock.monotonic() - attempt.startedMs; // the checks of arguments are ours and not the model's
  const calls = Promise.all((message.toolCalls ?? []).map((call) => callEvents(services, call, turn)));
  events.push(...(await orAborted(calls, attempt.info.signal)).flat());
  if (whole.finishReason === "other") events.push(unknownFinish(whole, turn));
  const { message: _asReceived, serverCalls: _recordedAbove, citations: _aboveToo, ...rest } = whole;
  events.push({
    type: "turn.completed",
    turn,
    ...rest,
    message,
    cost: whole.simulated === true ? asEstimate(whole.cost) : whole.cost,
    timing: attempt.firstDeltaMs === undefined ? { totalMs } : { totalMs, firstDeltaMs: attempt.firstDeltaMs },
    requestedModel: model.id,
    attempt: attempt.number,
  });
  return events;
}

/** What a simulator says a turn cost was billed to nobody. */
export function asEstimate(cost: Cost): Cost {
  return cost.basis === "billed" ? { ...cost, basis: "estimated" } : cost;
}

/** An answer that ended for a reason we do not know may be less than it looks. */
function unknownFinish({ wireFinishReason = "none" }: ModelTurn, turn: number): NewEvent {
  const message = `The model stopped for a reason that is not known here (${wireFinishReason}).`;
  return { type: "warning", turn, code: "finish_reason", message };
}

/** The model is told no more than that its arguments were not accepted; whoever wrote the check must see what it threw. */
function brokenCheck(tool: string, turn: number, error: unknown): NewEvent {
  const message = `The check of the arguments of ${tool} broke: ${errorMessage(error)}`;
  return { type: "warning", turn, code: "check_failed", message };
}

async function callEvents(
  { toolbox, clock, checked }: LoopServices,
  call: MessageToolCall,
  turn: number,
): Promise<readonly NewEvent[]> {
  const named = { id: call.id, tool: call.tool, executor: "client", kind: "function" } as const;
  const { input, inputText, value, issues, error } = await readArguments(toolbox.get(call.tool), call.arguments, clock);
  if (issues === undefined) checked.set(call.id, value);
  const asked = {
    ...named,
    ...(input === undefined ? {} : { input }),
    ...(inputText === undefined ? {} : { inputText }),
  };
  return [
    { type: "tool.started", turn, call: named },
    { type: "tool.input", turn, call: asked, ...(issues === undefined ? {} : { issues }) },
    ...(error === undefined ? [] : [brokenCheck(call.tool, turn, error)]),
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
