import { orAborted } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { LedgerEntry, NewEvent } from "../event/index.ts";
import type { Op, StepInfo } from "../journal/index.ts";
import {
  type AnyTool,
  callTool,
  type InputVerdict,
  invalidInputAnswer,
  readArguments,
  type ToolAnswer,
  unknownOutcomeAnswer,
  unknownToolAnswer,
} from "../tool/index.ts";
import type { CallPosition } from "./loop.ts";
import type { LoopServices } from "./services.ts";

/** The step that carries out one tool call. Whatever goes wrong becomes a result that the model is told. */
export function createToolOp(services: LoopServices): Op<CallPosition> {
  return {
    id: "tool",
    async run({ turn, index }, info) {
      const entry = services.record.fold.callsOf(turn)[index];
      if (entry === undefined) throw new AgentError("internal", `Turn ${turn} has no tool call ${index + 1}.`);
      const tool = services.toolbox.get(entry.call.tool);
      if (tool === undefined) {
        await info.record(completed(entry, unknownToolAnswer(entry.call.tool, services.toolbox)));
      } else if (entry.issues !== undefined) {
        await info.record(completed(entry, invalidInputAnswer(tool, entry.issues)));
      } else {
        await runHandler(services, tool, entry, info);
      }
    },
  };
}

async function runHandler(services: LoopServices, tool: AnyTool, entry: LedgerEntry, info: StepInfo): Promise<void> {
  const attempt = 1 + info.before.filter((event) => event.type === "tool.executing").length;
  if (attempt > 1 && tool.effect !== "read" && tool.effect !== "idempotent") {
    await info.record(completed(entry, unknownOutcomeAnswer(tool)));
    return;
  }
  const verdict = await checkedInput(services, tool, entry, info.signal);
  if (!verdict.ok) {
    await info.record(completed(entry, invalidInputAnswer(tool, verdict.issues, verdict.error)));
    return;
  }
  const release = await services.slots.take(tool.concurrency, info.signal);
  try {
    await execute(services, { tool, entry, info, attempt, value: verdict.value });
  } finally {
    release();
  }
}

/** What the check gave out when the call was recorded; in another process the check is made again. */
async function checkedInput(
  { checked, clock }: LoopServices,
  tool: AnyTool,
  { call, input }: LedgerEntry,
  signal: AbortSignal,
): Promise<InputVerdict> {
  if (checked.has(call.id)) {
    const value = checked.get(call.id);
    checked.delete(call.id);
    return { ok: true, value };
  }
  const { value, issues, error } = await orAborted(readArguments(tool, JSON.stringify(input), clock), signal);
  return issues === undefined ? { ok: true, value } : { ok: false, issues, error };
}

interface Execution {
  tool: AnyTool;
  entry: LedgerEntry;
  info: StepInfo;
  attempt: number;
  value: unknown;
}

async function execute(services: LoopServices, { tool, entry, info, attempt, value }: Execution): Promise<void> {
  const { call, turn } = entry;
  const effect = tool.effect === undefined ? {} : { effect: tool.effect };
  // On the record before the handler runs: whoever carries the run on knows that it may have happened.
  await info.record({ type: "tool.executing", turn, call, attempt, ...effect });
  const answer = await callTool(tool, value, {
    runId: services.record.runId,
    callId: call.id,
    key: info.key,
    attempt,
    context: services.context,
    signal: info.signal,
    clock: services.clock,
    onThrow: tool.onError === "fail" ? services.noteThrown : undefined,
    progress: (data) => void info.emit([{ type: "tool.progress", call, data }]),
  });
  await info.record(completed(entry, answer));
}

function completed({ call, turn }: LedgerEntry, answer: ToolAnswer): NewEvent {
  const timing = answer.durationMs === undefined ? "unknown" : "measured";
  return { type: "tool.completed", turn, call, visibility: "full", ...answer, timing };
}
