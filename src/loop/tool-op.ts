import { AgentError } from "../errors.ts";
import type { LedgerEntry, NewEvent } from "../event/index.ts";
import type { Op, StepInfo } from "../journal/index.ts";
import {
  type AnyTool,
  callTool,
  invalidInputAnswer,
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
  const release = await services.slots.take(tool.concurrency, info.signal);
  try {
    await execute(services, { tool, entry, info, attempt });
  } finally {
    release();
  }
}

interface Execution {
  tool: AnyTool;
  entry: LedgerEntry;
  info: StepInfo;
  attempt: number;
}

async function execute(services: LoopServices, { tool, entry, info, attempt }: Execution): Promise<void> {
  const { call, turn } = entry;
  const verdict = await tool.check(structuredClone(entry.input)); // a copy: the handler may change what it is given
  if (!verdict.ok) {
    await info.record(completed(entry, invalidInputAnswer(tool, verdict.issues, verdict.error)));
    return;
  }
  const effect = tool.effect === undefined ? {} : { effect: tool.effect };
  // On the record before the handler runs: whoever carries the run on knows that it may have happened.
  await info.record({ type: "tool.executing", turn, call, attempt, ...effect });
  const answer = await callTool(tool, verdict.value, {
    runId: services.record.runId,
    callId: call.id,
    key: info.key,
    attempt,
    context: services.context,
    signal: info.signal,
    clock: services.clock,
    progress: (data) => void info.emit([{ type: "tool.progress", call, data }]),
  });
  await info.record(completed(entry, answer));
}

function completed({ call, turn }: LedgerEntry, answer: ToolAnswer): NewEvent {
  const timing = answer.durationMs === undefined ? "unknown" : "measured";
  return { type: "tool.completed", turn, call, visibility: "full", ...answer, timing };
}
