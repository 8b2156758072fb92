import type { Message, UserMessage } from "../message/index.ts";
import { askedOf } from "./asked.ts";
import type { StoredEvent } from "./event.ts";
import type { Evidence, EvidenceCall, EvidenceSource } from "./evidence-data.ts";
import { gatherSources } from "./evidence-sources.ts";
import { createFold } from "./fold.ts";
import { resultOf } from "./result.ts";
import type { PolicyViolationEvent } from "./run-events.ts";
import { totalCost } from "./spending.ts";
import type { LedgerEntry } from "./state.ts";
import { createStepIndex } from "./step.ts";
import type { TurnCompletedEvent } from "./turn-events.ts";

/** What the answer of a run rests on. Takes the record of a run that is still going on too: only whole turns count. */
export function foldEvidence(events: readonly StoredEvent[]): Evidence {
  const { state } = createFold(events);
  const counted = countedEvents(events);
  const turns = counted.filter((event): event is TurnCompletedEvent => event.type === "turn.completed");
  const texts = turns.map(({ turn, message }) => ({ turn, text: message.content })).filter(({ text }) => text !== "");
  const sources = gatherSources(state.calls, state.citations, texts);
  const question = questionOf(state.started?.messages ?? []);
  const { started, lastTurn } = state;
  return {
    runId: started?.runId ?? "",
    agent: started?.agent ?? "",
    model: started?.model ?? "",
    ...(lastTurn?.servedModel === undefined ? {} : { servedModel: lastTurn.servedModel }),
    startedAt: started?.at ?? 0,
    status: resultOf(state)?.status ?? "open",
    simulated: state.simulated,
    ...(question === undefined ? {} : { question }),
    texts,
    calls: state.calls.map((entry) => callOf(entry, sources)),
    sources,
    violations: counted
      .filter((event): event is PolicyViolationEvent => event.type === "policy.violation")
      .map(({ rule, source, message, turn }) => ({ rule, source, message, turn })),
    turns: turns.map(({ turn, usage, cost, timing }) => ({
      turn,
      ...(usage === undefined ? {} : { usage }),
      cost,
      totalMs: timing.totalMs,
    })),
    failedAttempts: events.filter(({ type }) => type === "turn.retrying" || type === "turn.failed").length,
    usage: state.usage,
    cost: totalCost(state),
  };
}

/** The events of closed epochs, in the order they came to count. */
function countedEvents(events: readonly StoredEvent[]): readonly StoredEvent[] {
  const steps = createStepIndex();
  return events.flatMap((event) => steps.add(event));
}

function callOf(entry: LedgerEntry, sources: readonly EvidenceSource[]): EvidenceCall {
  const { call, turn, input, inputText, outcome, visibility, error, durationMs, timing } = entry;
  const cited = sources.filter(
    ({ citedAt, foundBy }) => citedAt.length > 0 && foundBy.some(({ callId }) => callId === call.id),
  );
  return {
    callId: call.id,
    turn,
    executor: call.executor,
    kind: call.kind,
    tool: call.tool,
    ...("action" in call && call.action !== undefined ? { action: call.action } : {}),
    ...askedOf(call.kind, input),
    ...(inputText === undefined ? {} : { inputText }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(entry.output === undefined ? {} : { output: entry.output }),
    ...(entry.outputArtifact === undefined ? {} : { outputArtifact: entry.outputArtifact }),
    ...(entry.sources === undefined ? {} : { found: entry.sources.map(({ id }) => id) }),
    cited: cited.map(({ source }) => source.id),
    ...(error === undefined ? {} : { error }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(timing === undefined ? {} : { timing }),
  };
}

function questionOf(messages: readonly Message[]): string | undefined {
  const last = messages.findLast((message): message is UserMessage => message.role === "user");
  if (last === undefined) return undefined;
  if (typeof last.content === "string") return last.content;
  const words = last.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return words.length === 0 ? undefined : words.join("\n");
}
