import type { Cost, Message, Span, Usage } from "../message/index.ts";
import type { StoredEvent } from "./event.ts";
import { createFold } from "./fold.ts";
import { type RunResult, resultOf } from "./result.ts";
import type { RunStartedEvent } from "./run-events.ts";
import { totalCost } from "./spending.ts";
import type { LedgerEntry } from "./state.ts";
import { createStepIndex } from "./step.ts";

/** A run as it is held against another one: without ids, times, and what counts for nothing. */
export interface RunView {
  started: RunStartedEvent | undefined;
  /** The first at 0. */
  turns: readonly TurnView[];
  /** The models that answered, each once. */
  models: readonly string[] | undefined;
  simulated: boolean;
  output: unknown;
  /** Its `status`, or `open`, and what belongs to that. */
  ending: Readonly<Record<string, unknown>>;
  /** Absent where no request reported any. */
  usage: unknown;
  cost: Cost;
}

export interface TurnView {
  told: readonly { as: string; message: Message }[];
  /** How the conversation was made short before it. */
  compacted: readonly string[] | undefined;
  calls: readonly LedgerEntry[];
  /** Absent, as all below, while the turn is not whole. */
  text?: string;
  refusal?: string;
  finishReason?: string;
  citations: readonly { source: string; span?: Span }[];
  usage?: Usage;
  cost?: Cost;
}

interface Draft extends TurnView {
  told: { as: string; message: Message }[];
  compacted: string[] | undefined;
  calls: LedgerEntry[];
  citations: { source: string; span?: Span }[];
}

export function viewOf(events: readonly StoredEvent[]): RunView {
  const { state } = createFold(events);
  const turns: Draft[] = Array.from({ length: state.turn }, () => ({
    told: [],
    compacted: undefined,
    calls: [],
    citations: [],
  }));
  const models = new Set<string>();
  const steps = createStepIndex();
  for (const event of events) {
    for (const counted of steps.add(event)) {
      const turn = turns[counted.turn - 1];
      if (turn !== undefined) note(turn, counted);
      if (counted.type === "turn.completed" && counted.servedModel !== undefined) models.add(counted.servedModel);
    }
  }
  for (const entry of state.calls) turns[entry.turn - 1]?.calls.push(entry);
  const result = resultOf(state);
  const { requests, unreported } = state.usage;
  return {
    started: state.started,
    turns,
    models: models.size === 0 ? undefined : [...models],
    simulated: state.simulated,
    output: result?.status === "completed" || result?.status === "limited" ? result.output : undefined,
    ending: endingOf(result, turns.at(-1)?.text),
    usage: requests === unreported ? undefined : state.usage,
    cost: totalCost(state),
  };
}

function note(turn: Draft, event: StoredEvent): void {
  switch (event.type) {
    case "input.injected":
      turn.told.push({ as: event.as, message: event.message });
      return;
    case "context.compacted":
      turn.compacted = [...(turn.compacted ?? []), event.method];
      return;
    case "citation":
      turn.citations.push({ source: event.source.id, ...(event.span === undefined ? {} : { span: event.span }) });
      return;
    case "turn.completed": {
      const { message, finishReason, usage, cost } = event;
      turn.text = message.content;
      turn.finishReason = finishReason;
      turn.cost = cost;
      if (message.refusal !== undefined) turn.refusal = message.refusal;
      if (usage !== undefined) turn.usage = usage;
      return;
    }
    default:
      return;
  }
}

/** How far a limit on time was overrun is no deed of the run. */
function endingOf(result: RunResult | undefined, lastText: string | undefined): RunView["ending"] {
  switch (result?.status) {
    case undefined:
      return { status: "open" };
    case "completed":
      // A tool with endsRun answers with its own text.
      return { status: "completed", ...(result.text === lastText ? {} : { text: result.text }) };
    case "limited": {
      const { status, limit, max, tool, answered } = result;
      return {
        status,
        limit,
        max,
        ...(tool === undefined ? {} : { tool }),
        ...(answered === undefined ? {} : { answered }),
      };
    }
    case "failed":
      return { status: "failed", code: result.error.code, message: result.error.message };
    case "cancelled":
      return { status: "cancelled", reason: result.reason };
    case "paused":
      return { status: "paused", waiting: result.waiting.map(({ tool, reason }) => ({ tool, reason })) };
    default:
      return result satisfies never;
  }
}
