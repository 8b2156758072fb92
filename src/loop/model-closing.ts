import { orAborted } from "../clock.ts";
import { addTaint, type NewEvent, type TaintSource, type TurnCompletedEvent } from "../event/index.ts";
import { type AssistantMessage, type Citation, type Cost, freshId } from "../message/index.ts";
import type { ModelTurn } from "../model/index.ts";
import type { CheckedAnswer } from "../output/index.ts";
import { checkAnswer, isCutShort } from "./answer.ts";
import { type Attempt, servedIn } from "./attempt.ts";
import { brokenCheck, callEvents } from "./call-events.ts";
import { calledAsText } from "./call-text.ts";
import { duplicatesOf } from "./duplicates.ts";
import { callShapedWarning } from "./nudges.ts";
import { policyViolations } from "./policy.ts";
import type { LoopServices } from "./services.ts";

/**
 * What the terminal marker settled: how server calls ended, what is cited, what our own tools are asked to do; and
 * `turn.completed` last, since with it the turn exists.
 * @throws {AgentError} `malformed_event` for a turn whose calls contradict each other.
 */
export function closingEvents(
  services: LoopServices,
  attempt: Attempt,
  whole: ModelTurn,
): NewEvent[] | Promise<NewEvent[]> {
  const { record, toolbox, clock } = services;
  const { turn } = attempt;
  const duplicates = duplicatesIn(whole, attempt);
  const { serverCalls = [], citations = [], finishReason } = whole;
  const isServed = attempt.served !== undefined || serverCalls.length + citations.length > 0;
  const served = isServed ? servedIn(attempt, services) : undefined;
  const events: NewEvent[] = [...(served?.complete(serverCalls) ?? [])];
  const isTaken = (id: string): boolean => record.fold.hasCallId(id) || served?.hasId(id) === true;
  const message = withFreshIds(whole.message, turn, isTaken);
  if (served !== undefined && citations.length > 0) {
    events.push(...served.cite(citations), ...policyViolations(toolbox.serverTools, citations, turn));
  }
  const totalMs = clock.monotonic() - attempt.startedMs; // the checks are ours and not the model's
  const { toolCalls = [] } = message;
  const taint = taintAfter(record.fold.state.taint, served?.taint ?? [], citations);
  const cutShort = isCutShort(finishReason);
  const called = toolCalls.map((call, index) => {
    const duplicateOf = toolCalls[duplicates.get(index) ?? -1]?.id;
    return callEvents(services, call, { turn, index, duplicateOf, taint, cutShort });
  });
  const answer = checkAnswer(services, message, finishReason);
  const close = (calls: readonly (readonly NewEvent[])[], checked: CheckedAnswer | undefined): NewEvent[] => {
    for (const ofCall of calls) events.push(...ofCall);
    if (checked?.issues !== undefined && checked.error !== undefined) {
      events.push(brokenCheck("the answer", turn, checked.error));
    }
    if (finishReason === "other") events.push(unknownFinish(whole, turn));
    events.push(
      ...callAsText(services, message, turn),
      completedTurn(services, attempt, { whole, message, totalMs, checked }),
    );
    return events;
  };
  if (answer === undefined && areThere(called)) return close(called, undefined);
  const checks = Promise.all([Promise.all(called), answer]);
  return orAborted(checks, attempt.info.signal).then(([calls, checked]) => close(calls, checked));
}

function areThere<T>(items: readonly (T | Promise<T>)[]): items is readonly T[] {
  return !items.some((item) => item instanceof Promise);
}

interface Closed {
  whole: ModelTurn;
  /** Its message, with ids of the run. */
  message: AssistantMessage;
  totalMs: number;
  checked: CheckedAnswer | undefined;
}

function completedTurn(
  { model }: LoopServices,
  { turn, number, firstDeltaMs }: Attempt,
  { whole, message, totalMs, checked }: Closed,
): NewEvent {
  const { message: _asReceived, serverCalls: _recordedAbove, citations: _aboveToo, ...rest } = whole;
  return {
    type: "turn.completed",
    turn,
    ...rest,
    message,
    cost: whole.simulated === true ? asEstimate(whole.cost) : whole.cost,
    timing: firstDeltaMs === undefined ? { totalMs } : { totalMs, firstDeltaMs },
    requestedModel: model.id,
    attempt: number,
    ...(checked === undefined ? {} : outputOf(checked)),
  };
}

function outputOf(checked: CheckedAnswer): Pick<TurnCompletedEvent, "output" | "outputIssues"> {
  return checked.issues === undefined ? { output: checked.output } : { outputIssues: checked.issues };
}

/** What a simulator says a turn cost was billed to nobody. */
export function asEstimate(cost: Cost): Cost {
  return cost.basis === "billed" ? { ...cost, basis: "estimated" } : cost;
}

function callAsText(
  { toolbox, output, loopDetector }: LoopServices,
  message: AssistantMessage,
  turn: number,
): NewEvent[] {
  if (output !== undefined || loopDetector === undefined || loopDetector.callShapedText === "ignore") return [];
  const tool = calledAsText({ message }, toolbox);
  if (tool === undefined) return [];
  return [{ type: "warning", turn, code: "call_shaped_text", message: callShapedWarning(tool) }];
}

/** An answer that ended for a reason we do not know may be less than it looks. */
function unknownFinish({ wireFinishReason = "none" }: ModelTurn, turn: number): NewEvent {
  const message = `The model stopped for a reason that is not known here (${wireFinishReason}).`;
  return { type: "warning", turn, code: "finish_reason", message };
}

/** No call of a turn that was cut short runs, and its calls may be fragments. */
function duplicatesIn(
  { message, finishReason, usage, cost }: ModelTurn,
  attempt: Attempt,
): ReadonlyMap<number, number> {
  if (message.toolCalls === undefined || isCutShort(finishReason)) return new Map();
  try {
    return duplicatesOf(message.toolCalls);
  } catch (error) {
    if (usage !== undefined) attempt.used = { type: "usage", usage, cost }; // the turn is void; what it took is not
    throw error;
  }
}

/** Whatever the order of the turn's items: what the server read in it may be why a call of ours was made. */
function taintAfter(
  known: readonly TaintSource[],
  served: readonly TaintSource[],
  citations: readonly Citation[],
): readonly TaintSource[] {
  if (served.length === 0 && citations.length === 0) return known;
  const taint = [...known];
  addTaint(taint, served);
  if (citations.length > 0) addTaint(taint, [{ by: "server_tool" }]);
  return taint;
}

/** Call ids only pair calls with results. A server may repeat them in every turn, so ours are made unique in the run. */
function withFreshIds(message: AssistantMessage, turn: number, isTaken: (id: string) => boolean): AssistantMessage {
  const { toolCalls } = message;
  if (toolCalls === undefined) return message;
  const ofThisTurn = new Set<string>();
  let isFresh = true;
  const calls = toolCalls.map((call, index) => {
    const id = freshId(call.id === "" ? `call_${turn}_${index + 1}` : call.id, (candidate) => {
      return isTaken(candidate) || ofThisTurn.has(candidate);
    });
    ofThisTurn.add(id);
    if (id === call.id) return call;
    isFresh = false;
    return { ...call, id };
  });
  return isFresh ? message : { ...message, toolCalls: calls };
}
