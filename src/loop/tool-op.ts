import { andThen, orAborted } from "../clock.ts";
import { AgentError, errorInfo } from "../errors.ts";
import type { ApprovalEntry, LedgerEntry, NewEvent, TaintSource } from "../event/index.ts";
import { isUntrusted, visibleLine } from "../event/index.ts";
import type { Op, StepInfo } from "../journal/index.ts";
import type { ContentPart } from "../message/index.ts";
import {
  type AnyTool,
  callTool,
  deniedAnswer,
  duplicateAnswer,
  invalidInputAnswer,
  notBegunAnswer,
  notRecordedAnswer,
  type ReadArguments,
  readArguments,
  rehearsedAnswer,
  settledAnswer,
  type ToolAnswer,
  tooManyCallsAnswer,
  unknownOutcomeAnswer,
  unknownToolAnswer,
} from "../tool/index.ts";
import { allowedCalls } from "./allowed.ts";
import { type KeptAnswer, keepOutput } from "./keep-output.ts";
import { notBegunText } from "./last-turn.ts";
import type { CallPosition } from "./loop.ts";
import { createOccurrences, type Recording } from "./recorded.ts";
import { outcomeRequest } from "./rounds.ts";
import type { LoopServices } from "./services.ts";

// No promise in here where there is nothing to wait for: all of it runs for every call.

type NewToolCompleted = Extract<NewEvent, { type: "tool.completed" }>;
type NewToolExecuting = Extract<NewEvent, { type: "tool.executing" }>;

/** The step that carries out one tool call. Whatever goes wrong becomes a result that the model is told. */
export function createToolOp(services: LoopServices): Op<CallPosition> {
  const nthOf = createOccurrences(services.record.fold);
  return {
    id: "tool",
    run({ turn, index }, info) {
      const entry = services.record.fold.callsOf(turn)[index];
      if (entry === undefined) throw new AgentError("internal", `Turn ${turn} has no tool call ${index + 1}.`);
      const barred = whyBarred(services, entry, info);
      if (barred !== undefined) return info.record(...barredEvents(entry, barred));
      const ready = prepare(services, entry, { info, nthOf });
      if (ready.type === "answer") return info.record(completed(entry, ready.answer));
      return runHandler(services, ready.execution);
    },
  };
}

/** A call whose handler is to run. */
interface Execution {
  tool: AnyTool;
  entry: LedgerEntry;
  info: StepInfo;
  attempt: number;
}

/** A call as its record leaves it: to be carried out, or answered without that. */
type Prepared = { type: "execution"; execution: Execution } | { type: "answer"; answer: Answer };

/** An answer as the record takes it, with what a recorded one has besides. */
type Answer = KeptAnswer["answer"] & Pick<NewToolCompleted, "external" | "sources" | "replayed">;

interface Preparing {
  info: StepInfo;
  /** How many equal calls were made before. */
  nthOf: (callId: string) => number;
}

function prepare(services: LoopServices, entry: LedgerEntry, { info, nthOf }: Preparing): Prepared {
  const { toolbox, toolCallsPerTurn: most, recorded } = services;
  const { call, index, issues, duplicateOf } = entry;
  if (index >= most) return answered(tooManyCallsAnswer(call.tool, most));
  if (duplicateOf !== undefined) return answered(duplicateAnswer(call.tool, duplicateOf));
  const tool = toolbox.get(call.tool);
  const begun = info.before.filter(({ type }) => type === "tool.executing");
  if (tool === undefined) {
    // The tool is gone, and what it had begun is not undone by that.
    const isUncertain = begun.length > 0;
    return answered(isUncertain ? unknownOutcomeAnswer({ name: call.tool }) : unknownToolAnswer(call.tool, toolbox));
  }
  if (issues !== undefined) return answered(invalidInputAnswer(tool, issues));
  if (recorded !== undefined) return answered(recordedAnswer(recorded, { tool, entry, nth: nthOf(call.id) }));
  const { approval } = entry;
  if (approval !== undefined && approval.decision !== "approved") {
    const answer = saysWhatRan(undecided(tool, approval), approval);
    // What the tool found out of a call that had happened comes from where its results come from.
    const isFromOutside = approval.decision === "settled" && tool.origin === "external";
    return answered(isFromOutside ? { ...answer, external: outside(entry) } : answer);
  }
  if (services.effects === "rehearse" && tool.effect !== "read") return answered(rehearsedAnswer(tool, entry.input));
  const attempt = 1 + begun.length;
  const isRepeatable = tool.effect === "read" || tool.effect === "idempotent";
  // Somebody who knew of the attempt before said that it may run: without that nothing is run again whose outcome is not known.
  const isAllowed = approval?.request === outcomeRequest(entry.turn, entry.index, attempt - 1);
  if (attempt > 1 && !isRepeatable && !isAllowed) return answered(saysWhatRan(unknownOutcomeAnswer(tool), approval));
  return { type: "execution", execution: { tool, entry, info, attempt } };
}

/** Why a call may not begin, where the limits of the run say so and no process has begun it. */
function whyBarred(services: LoopServices, { turn, index }: LedgerEntry, { before }: StepInfo): string | undefined {
  const { begin, because } = allowedCalls(services, turn);
  if (because === undefined || index < begin || before.some(({ type }) => type === "tool.executing")) return undefined;
  return notBegunText(because, services.record.fold.state.final?.turn === turn);
}

/** It has its answer, and waits for nobody any more. */
function barredEvents(entry: LedgerEntry, reason: string): readonly NewEvent[] {
  const { call, turn, approval } = entry;
  const told = completed(entry, notBegunAnswer(call.tool, reason));
  if (approval === undefined || approval.decision !== undefined) return [told];
  const { request } = approval;
  return [{ type: "tool.approval.resolved", turn, call, request, decision: "denied", by: "policy", reason }, told];
}

/** What the call had come to in the run that is played again. It is said of this call, not of that one. */
function recordedAnswer(
  recorded: Recording,
  { tool, entry, nth }: { tool: AnyTool; entry: LedgerEntry; nth: number },
): Answer {
  const result = recorded.resultOf(entry, nth);
  if (result === undefined) return notRecordedAnswer(tool, recorded.runId);
  const { callId: replayed, external, ...answer } = result;
  return {
    ...answer,
    replayed,
    ...(external === undefined ? {} : { external: { ...external, callId: entry.call.id } }),
  };
}

/** A call that was asked about and may not run. */
function undecided(tool: AnyTool, { decision, reason, why, by, output }: ApprovalEntry): ToolAnswer {
  if (decision === "settled") return settledAnswer(tool, output);
  if (reason === "unknown_outcome") return unknownOutcomeAnswer(tool, why);
  return deniedAnswer(tool, { why, by });
}

function answered(answer: Answer): Prepared {
  return { type: "answer", answer };
}

/** The slot is asked for before anything else is waited for: calls that exclude each other run in the order of the turn. */
function runHandler(services: LoopServices, execution: Execution): Promise<void> | void {
  const slot = services.slots.take(execution.tool.concurrency, execution.info.signal);
  return andThen(slot, (release) =>
    releasing(release, () => andThen(inputFor(services, execution), (input) => execute(services, execution, input))),
  );
}

function releasing(release: () => void, work: () => Promise<void> | void): Promise<void> | void {
  let isUnderWay = false;
  try {
    const running = work();
    isUnderWay = running instanceof Promise;
    return running instanceof Promise ? running.finally(release) : running;
  } finally {
    if (!isUnderWay) release();
  }
}

/** What the check gave out when the call was recorded, in this process and with the arguments that are to run; else it is made again. */
function inputFor(
  { checked, clock }: LoopServices,
  { tool, entry, info }: Execution,
): ReadArguments | Promise<ReadArguments> {
  const { call, approval } = entry;
  const input = approval?.input ?? entry.input;
  if (input === entry.input && checked.has(call.id)) {
    const value = checked.get(call.id);
    checked.delete(call.id);
    return { value };
  }
  const reading = readArguments(tool, JSON.stringify(input), clock);
  return reading instanceof Promise ? orAborted(reading, info.signal) : reading;
}

function execute(
  services: LoopServices,
  execution: Execution,
  { value, issues, error }: ReadArguments,
): Promise<void> | void {
  const { tool, entry, info, attempt } = execution;
  const { call, turn } = entry;
  if (issues !== undefined) return info.record(completed(entry, invalidInputAnswer(tool, issues, error)));
  const executing: NewToolExecuting = { type: "tool.executing", turn, call, attempt };
  if (tool.effect !== undefined) executing.effect = tool.effect;
  // On the record before the handler runs: whoever carries the run on knows that it may have happened.
  return andThen(info.record(executing), () => handle(services, execution, value));
}

function handle(services: LoopServices, execution: Execution, value: unknown): Promise<void> | void {
  const { tool, entry, info, attempt } = execution;
  const { call } = entry;
  let isClosed = false;
  let cameLate: ToolAnswer | undefined;
  const sources: TaintSource[] = tool.origin === "external" ? [outside(entry)] : [];
  const answering = callTool(tool, value, {
    runId: services.record.runId,
    callId: call.id,
    key: info.key,
    attempt,
    context: services.context,
    signal: info.signal,
    clock: services.clock,
    onThrow: tool.onError === "fail" ? services.noteThrown : undefined,
    taint: services.record.fold.state.taint,
    onTaint: (source) => void sources.push(source),
    onLate(late) {
      if (isClosed) void recordLate(services, execution, late);
      else cameLate = late; // told behind the end of the call
    },
    progress: (data) => void info.emit([{ type: "tool.progress", call, data }]),
  });
  const close = ({ answer, warnings, failure }: KeptAnswer): Promise<void> | void => {
    const ended = completed(entry, answer);
    const [external] = sources;
    if (external !== undefined) ended.external = external;
    return andThen(info.record(...warnings, ended), () => {
      isClosed = true;
      if (cameLate !== undefined) void recordLate(services, execution, cameLate);
      if (failure !== undefined) throw failure;
    });
  };
  const at = { turn: entry.turn, tool: tool.name, signal: info.signal };
  return andThen(answering, (answer) => {
    if (typeof answer.content !== "string" && answer.content.some(isUntrusted)) sources.push(outside(entry));
    return andThen(keepOutput(saysWhatRan(answer, entry.approval), services.artifacts, at), close);
  });
}

function outside({ call, input }: LedgerEntry): TaintSource {
  const asked = visibleLine(JSON.stringify(input) ?? "").slice(0, 120);
  return { by: "external_tool", tool: call.tool, callId: call.id, ...(asked === "" ? {} : { asked }) };
}

/** What the model must know of the call for good; undefined where its own arguments stand. */
export function changedArguments(approval: ApprovalEntry | undefined): string | undefined {
  if (approval?.input === undefined) return undefined;
  return `A person changed the arguments to ${JSON.stringify(approval.input)} before it ran.`;
}

/** The model wrote other arguments than those that ran: it must not go on from its own. */
function saysWhatRan(answer: ToolAnswer, approval: ApprovalEntry | undefined): ToolAnswer {
  const note = changedArguments(approval);
  if (note === undefined) return answer;
  const { content } = answer;
  const parts: string | readonly ContentPart[] =
    typeof content === "string" ? `${note}\n${content}` : [{ type: "text", text: note }, ...content];
  return { ...answer, content: parts };
}

/** What a handler came to after its call was closed, and perhaps the run. Nobody is left who could be told of a failure to store it. */
async function recordLate({ artifacts }: LoopServices, { entry, info }: Execution, late: ToolAnswer): Promise<void> {
  const { call, turn } = entry;
  const { answer, failure } = await keepOutput(late, artifacts, { turn, tool: call.tool });
  const { content: _notTold, durationMs = 0, ...rest } = answer;
  const outcome = answer.outcome === "ok" ? "ok" : "error";
  if (failure !== undefined) rest.error = errorInfo(failure);
  try {
    await info.record({ type: "tool.late", turn, call, ...rest, outcome, durationMs });
  } catch {}
}

function completed({ call, turn }: LedgerEntry, answer: Answer): NewToolCompleted {
  const timing = answer.durationMs === undefined ? "unknown" : "measured";
  return { type: "tool.completed", turn, call, visibility: "full", ...answer, timing };
}
