import { andThen } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { NewEvent, TaintSource } from "../event/index.ts";
import type { FunctionCall, MessageToolCall } from "../message/index.ts";
import { type AnyTool, type ReadArguments, readArguments } from "../tool/index.ts";
import { approvalEvents } from "./approvals.ts";
import type { LoopServices } from "./services.ts";

/** Where a call stands in its turn. */
export interface CallPlace {
  turn: number;
  index: number;
  duplicateOf: string | undefined;
  /** How text from outside has come in, this turn's own searches included. */
  taint: readonly TaintSource[];
  /** None of the turn's calls will run. */
  cutShort: boolean;
}

/** What is to be recorded of a call that the model asks for: a promise only where its tool gives one. Never throws and never rejects. */
export function callEvents(
  services: LoopServices,
  call: MessageToolCall,
  place: CallPlace,
): readonly NewEvent[] | Promise<readonly NewEvent[]> {
  const { toolbox, clock, toolCallsPerTurn } = services;
  // The check of a tool may be work of its own: none is made of a call that is not to run.
  const isToRun = place.index < toolCallsPerTurn && place.duplicateOf === undefined;
  const tool = isToRun ? toolbox.get(call.tool) : undefined;
  return andThen(readArguments(tool, call.arguments, clock), (read) =>
    askedEvents(services, { call, tool, read }, place),
  );
}

interface ReadCall {
  call: MessageToolCall;
  /** Absent where nothing runs. */
  tool: AnyTool | undefined;
  read: ReadArguments;
}

function askedEvents(
  services: LoopServices,
  { call: { id, tool: name }, tool, read }: ReadCall,
  { turn, index, duplicateOf, taint, cutShort }: CallPlace,
): readonly NewEvent[] | Promise<readonly NewEvent[]> {
  const { input, inputText, value, issues, error } = read;
  if (tool !== undefined && issues === undefined) services.checked.set(id, value);
  const call: FunctionCall = { id, tool: name, executor: "client", kind: "function" };
  if (input !== undefined) call.input = input;
  if (inputText !== undefined) call.inputText = inputText;
  const asked: NewToolInput = { type: "tool.input", turn, call };
  if (issues !== undefined) asked.issues = issues;
  if (duplicateOf !== undefined) asked.duplicateOf = duplicateOf;
  const named: FunctionCall = { id, tool: name, executor: "client", kind: "function" };
  const events: NewEvent[] = [{ type: "tool.started", turn, call: named }, asked];
  if (error !== undefined) events.push(brokenCheck(`the arguments of ${name}`, turn, error));
  // Where nothing runs, nobody is asked.
  if (tool === undefined || issues !== undefined || cutShort || services.recorded !== undefined) return events;
  const approval = approvalEvents(services, { tool, call, value, turn, index, taint });
  return approval === undefined ? events : approval.then((asks) => [...events, ...asks]);
}

type NewToolInput = Extract<NewEvent, { type: "tool.input" }>;

/** The model is told no more than that what it said was not accepted; whoever wrote the check must see what it threw. */
export function brokenCheck(what: string, turn: number, error: unknown): NewEvent {
  const message = `The check of ${what} broke: ${errorMessage(error)}`;
  return { type: "warning", turn, code: "check_failed", message };
}
