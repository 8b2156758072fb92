import { orAborted, within } from "../clock.ts";
import { AgentError, errorMessage, withoutCredentials } from "../errors.ts";
import type { LedgerEntry, NewEvent } from "../event/index.ts";
import type { Op, StepInfo } from "../journal/index.ts";
import type { FunctionCall } from "../message/index.ts";
import { formatIssues } from "../output/index.ts";
import { type AnyTool, type ReconciledCall, readArguments } from "../tool/index.ts";
import { requestOf } from "./approvals.ts";
import { type Decision, readDecision } from "./decision.ts";
import type { CallPosition, DecisionPosition, TurnPosition } from "./loop.ts";
import { outcomeRequest, type UncertainCall, waitingCalls } from "./rounds.ts";
import type { LoopServices } from "./services.ts";

/**
 * The step that finds out what became of a call which a dead process had begun: the tool looks, the agent's options say, or
 * somebody is asked. Nothing is run again in silence.
 */
export function createAskOp(services: LoopServices): Op<CallPosition & UncertainCall> {
  return {
    id: "ask",
    async run({ turn, index, attempt }, info) {
      const entry = entryAt(services, { turn, index });
      const request = outcomeRequest(turn, index, attempt);
      const resolved = { type: "tool.approval.resolved", turn, call: entry.call, request } as const;
      const tool = services.toolbox.get(entry.call.tool);
      const looked = tool === undefined ? {} : await reconciled(services, { tool, entry, info, attempt });
      const { found, broken } = looked;
      if (broken !== undefined) await info.record({ type: "warning", turn, code: "check_failed", message: broken });
      if (found !== undefined) return void (await info.record({ ...resolved, by: "reconcile", ...found }));
      if (tool === undefined || services.unknownOutcome === "tell") {
        return void (await info.record({ ...resolved, decision: "denied", by: "policy" }));
      }
      const call = { ...entry.call, input: inputOf(entry) } as FunctionCall; // only calls of our own tools have such steps
      const { taint } = services.record.fold.state;
      await info.record(
        await requestOf(services, { tool, call, turn, taint }, { reason: "unknown_outcome", name: request }),
      );
    },
  };
}

interface Uncertain {
  tool: AnyTool;
  entry: LedgerEntry;
  info: StepInfo;
  attempt: number;
}

type Found = Pick<Extract<NewEvent, { type: "tool.approval.resolved" }>, "decision" | "output">;

/** What the tool itself finds out; neither where it cannot tell. `broken` says why it failed to: then nobody knows yet. */
interface Looked {
  found?: Found;
  broken?: string;
}

async function reconciled(services: LoopServices, { tool, entry, info, attempt }: Uncertain): Promise<Looked> {
  if (tool.reconcile === undefined) return {};
  const { record, context, clock } = services;
  const reading = Promise.resolve(readArguments(tool, JSON.stringify(inputOf(entry)), clock));
  const { value, issues } = await orAborted(reading, info.signal);
  if (issues !== undefined) return {};
  const { runId } = record;
  const { turn, index, call } = entry;
  const key = `${runId}/tool:${turn}.${index + 1}`;
  const progress = (): void => {};
  const about = { signal: info.signal, runId, callId: call.id, key, attempt, context: context as never, progress };
  try {
    const inTime = within<ReconciledCall>(tool.reconcile(value, about), {
      clock,
      ms: tool.timeoutMs,
      late: () => undefined,
    });
    const found = await orAborted(inTime, info.signal);
    if (found === undefined) return {};
    return { found: found.happened ? { decision: "settled", output: found.output ?? null } : { decision: "approved" } };
  } catch (error) {
    info.signal.throwIfAborted();
    return { broken: `The reconcile of ${tool.name} broke: ${withoutCredentials(errorMessage(error))}` };
  }
}

/** The step that takes a decision on a call: what was said, held against the call it was said of. */
export function createApprovalOp(services: LoopServices): Op<DecisionPosition> {
  return {
    id: "approval",
    async run({ turn, index, decision: said }, info) {
      const entry = entryAt(services, { turn, index });
      const { approval, call } = entry;
      if (approval === undefined)
        throw new AgentError("internal", `Nobody asked about call ${index + 1} of turn ${turn}.`);
      const decision = await checked(services, readDecision(said), entry, info.signal);
      await info.record({ type: "tool.approval.resolved", turn, call, request: approval.request, ...decision });
    },
  };
}

/** Arguments that a person has changed must fit as the model's must; where they do not, nothing runs. */
async function checked(
  { toolbox, clock }: LoopServices,
  decision: Decision,
  entry: LedgerEntry,
  signal: AbortSignal,
): Promise<Decision> {
  const tool = toolbox.get(entry.call.tool);
  if (decision.input === undefined || tool === undefined) return decision;
  const reading = Promise.resolve(readArguments(tool, JSON.stringify(decision.input), clock));
  const { issues } = await orAborted(reading, signal);
  if (issues === undefined) return decision;
  const { input: _unfit, ...rest } = decision;
  return { ...rest, decision: "denied", reason: `The changed arguments do not fit: ${formatIssues(issues)}` };
}

/** The step that ends the segment: nothing but somebody's decision carries the run on. It is never closed, so that it can end another. */
export function createPauseOp({ record }: LoopServices): Op<TurnPosition> {
  return {
    id: "pause",
    async run({ turn }, info) {
      await info.record({ type: "run.paused", turn, waiting: waitingCalls(record.fold, turn) });
    },
  };
}

/** The arguments that ran, if it did: a person may have changed the model's. */
function inputOf({ approval, input }: LedgerEntry): unknown {
  return approval?.input ?? input;
}

function entryAt({ record }: LoopServices, { turn, index }: CallPosition): LedgerEntry {
  const entry = record.fold.callsOf(turn)[index];
  if (entry !== undefined) return entry;
  throw new AgentError("internal", `Turn ${turn} has no tool call ${index + 1}.`);
}
