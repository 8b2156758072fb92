import { orAborted } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import { addTaint, type NewEvent, type TaintSource, type TurnCompletedEvent } from "../event/index.ts";
import { type AssistantMessage, type Cost, freshId, type MessageToolCall } from "../message/index.ts";
import type { ModelTurn } from "../model/index.ts";
import type { CheckedAnswer } from "../output/index.ts";
import { readArguments } from "../tool/index.ts";
import { checkAnswer, isCutShort } from "./answer.ts";
import { approvalEvents } from "./approvals.ts";
import type { Attempt } from "./attempt.ts";
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
export async function closingEvents(services: LoopServices, attempt: Attempt, whole: ModelTurn): Promise<NewEvent[]> {
  const { record, model, toolbox, clock } = services;
  const { turn } = attempt;
  const duplicates = duplicatesIn(whole, attempt);
  const events: NewEvent[] = [...attempt.served.complete(whole.serverCalls ?? [])];
  const isTaken = (id: string): boolean => record.fold.hasCallId(id) || attempt.served.hasId(id);
  const message = withFreshIds(whole.message, turn, isTaken);
  events.push(...attempt.served.cite(whole.citations ?? []));
  events.push(...policyViolations(toolbox.serverTools, whole.citations ?? [], turn));
  const totalMs = clock.monotonic() - attempt.startedMs; // the checks are ours and not the model's
  const { toolCalls = [] } = message;
  const taint = taintAfter(record.fold.state.taint, attempt.served.taint, whole);
  const calls = Promise.all(
    toolCalls.map((call, index) => {
      const duplicateOf = toolCalls[duplicates.get(index) ?? -1]?.id;
      return callEvents(services, call, { turn, index, duplicateOf, taint, cutShort: isCutShort(whole.finishReason) });
    }),
  );
  const answer = checkAnswer(services, message, whole.finishReason);
  const [called, checked] = await orAborted(Promise.all([calls, answer]), attempt.info.signal);
  events.push(...called.flat());
  if (checked?.issues !== undefined && checked.error !== undefined) {
    events.push(brokenCheck("the answer", turn, checked.error));
  }
  if (whole.finishReason === "other") events.push(unknownFinish(whole, turn));
  events.push(...callAsText(services, message, turn));
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
    ...(checked === undefined ? {} : outputOf(checked)),
  });
  return events;
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

/** The model is told no more than that what it said was not accepted; whoever wrote the check must see what it threw. */
function brokenCheck(what: string, turn: number, error: unknown): NewEvent {
  const message = `The check of ${what} broke: ${errorMessage(error)}`;
  return { type: "warning", turn, code: "check_failed", message };
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

/** Where a call stands in its turn. */
interface CallPlace {
  turn: number;
  index: number;
  duplicateOf: string | undefined;
  /** How text from outside has come in, this turn's own searches included. */
  taint: readonly TaintSource[];
  /** None of the turn's calls will run. */
  cutShort: boolean;
}

/** Whatever the order of the turn's items: what the server read in it may be why a call of ours was made. */
function taintAfter(
  known: readonly TaintSource[],
  served: readonly TaintSource[],
  { citations = [] }: ModelTurn,
): readonly TaintSource[] {
  const taint = [...known];
  addTaint(taint, served);
  if (citations.length > 0) addTaint(taint, [{ by: "server_tool" }]);
  return taint;
}

async function callEvents(
  services: LoopServices,
  call: MessageToolCall,
  { turn, index, duplicateOf, taint, cutShort }: CallPlace,
): Promise<readonly NewEvent[]> {
  const { toolbox, clock, checked, toolCallsPerTurn } = services;
  const named = { id: call.id, tool: call.tool, executor: "client", kind: "function" } as const;
  // The check of a tool may be work of its own: none is made of a call that is not to run.
  const tool = index < toolCallsPerTurn && duplicateOf === undefined ? toolbox.get(call.tool) : undefined;
  const { input, inputText, value, issues, error } = await readArguments(tool, call.arguments, clock);
  if (tool !== undefined && issues === undefined) checked.set(call.id, value);
  const asked = {
    ...named,
    ...(input === undefined ? {} : { input }),
    ...(inputText === undefined ? {} : { inputText }),
  };
  const events: NewEvent[] = [
    { type: "tool.started", turn, call: named },
    {
      type: "tool.input",
      turn,
      call: asked,
      ...(issues === undefined ? {} : { issues }),
      ...(duplicateOf === undefined ? {} : { duplicateOf }),
    },
  ];
  if (error !== undefined) events.push(brokenCheck(`the arguments of ${call.tool}`, turn, error));
  // Where nothing runs, nobody is asked.
  if (tool === undefined || issues !== undefined || cutShort || services.recorded !== undefined) return events;
  const approval = approvalEvents(services, { tool, call: asked, value, turn, index, taint });
  if (approval !== undefined) events.push(...(await approval));
  return events;
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
