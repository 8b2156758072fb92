import type { InputInjectedEvent, NewEvent, RunLimits, RunState } from "../event/index.ts";
import type { Op } from "../journal/index.ts";
import { judge, type Verdict } from "./end.ts";
import type { Given } from "./inbox.ts";
import { nearLimits, reachedLimit } from "./limits.ts";
import type { TurnPosition } from "./loop.ts";
import { type RepeatedCall, repeatedCall } from "./repeats.ts";
import type { LoopServices } from "./services.ts";

/**
 * The step before each turn: takes what was said to the run meanwhile, looks at the limits, and lets the turn begin or
 * ends the run. All of it is one step, so that steering, limits and the end are replayed alike.
 */
export function createTurnOp(services: LoopServices): Op<TurnPosition> {
  return {
    id: "turn",
    async run({ turn }, info) {
      await services.mailbox.look();
      await info.record(...misread(services, turn), ...decide(services, turn));
    },
  };
}

function decide(services: LoopServices, turn: number): readonly NewEvent[] {
  const { record, inbox, limits, toolbox, correctionBudget } = services;
  const { state } = record.fold;
  const calls = record.fold.callsOf(turn - 1);
  const verdict = judge({ state, calls, toolbox, correctionBudget });
  if (verdict.type === "end") return [verdict.closing];
  const repeated = repeats(services, turn - 1);
  if (repeated?.isStopped === true) return [{ type: "run.limited", turn: turn - 1, ...repeated.call }];
  // But for that, only limits.toolCalls leaves calls unbegun; without their results the conversation cannot be sent.
  if (calls.some((entry) => entry.outcome === undefined)) return [toolCallsLimited(turn - 1, state, limits)];
  const isDone = verdict.type === "done" && !inbox.hasSteering();
  if (isDone && !inbox.hasFollowUps()) return [verdict.closing];

  const activeMs = services.activeMs();
  const reached = reachedLimit(limits, state, activeMs);
  if (reached !== undefined) {
    // A finished answer stays one: whoever had more to say is told that the run has ended.
    if (verdict.type === "done") return [verdict.closing];
    return [...warnings(turn - 1, limits, state, activeMs), { type: "run.limited", turn: turn - 1, ...reached }];
  }
  return [
    ...warnings(turn, limits, state, activeMs),
    ...(repeated?.isWarned === true ? [{ type: "limit.warning", turn, ...repeated.call } as const] : []),
    ...blindLimits(turn, state, limits),
    ...injected("correction", turn, correctionsOf(verdict)),
    ...injected("steer", turn, inbox.takeSteering(turn)),
    ...injected("follow_up", turn, isDone ? inbox.takeFollowUps(turn) : []),
    { type: "turn.started", turn },
  ];
}

/** The call that the last turns repeat, and what is due of it now; undefined where nobody looks for one, or there is none. */
function repeats({ record, loopDetector }: LoopServices, turn: number): Repeats | undefined {
  const call = loopDetector && repeatedCall(record.fold, turn, loopDetector);
  if (call === undefined) return undefined;
  return { call, isStopped: call.used >= call.max, isWarned: call.used === loopDetector?.warnAt };
}

interface Repeats {
  call: RepeatedCall;
  isStopped: boolean;
  isWarned: boolean;
}

/** Once a limit, also where a single turn went from well below it to beyond it. */
function warnings(turn: number, limits: RunLimits, state: RunState, activeMs: number): NewEvent[] {
  return nearLimits(limits, state, activeMs).map((near) => ({ type: "limit.warning", turn, ...near }));
}

function toolCallsLimited(turn: number, state: RunState, limits: RunLimits): NewEvent {
  return { type: "run.limited", turn, limit: "toolCalls", used: state.begun, max: limits.toolCalls ?? state.begun };
}

/** A limit that cannot be kept because the server does not report what it bounds: said once, not passed over. */
function blindLimits(turn: number, state: RunState, limits: RunLimits): NewEvent[] {
  const { requests, unreported } = state.usage;
  if (requests === 0 || state.warnings.some(({ code }) => code === "limit_unenforced")) return [];
  const blind = [
    ...(limits.tokens !== undefined && unreported > 0 ? ["tokens"] : []),
    ...(limits.costUsd !== undefined && state.ticks.reports < requests ? ["costUsd"] : []),
  ];
  if (blind.length === 0) return [];
  const message = `limits.${blind.join(" and limits.")} cannot be kept exactly: some answers did not report their usage or cost.`;
  return [{ type: "warning", turn, code: "limit_unenforced", message }];
}

function correctionsOf(verdict: Verdict): readonly Given[] {
  return verdict.type === "go on" && verdict.correction !== undefined ? [{ message: verdict.correction }] : [];
}

function injected(as: InputInjectedEvent["as"], turn: number, given: readonly Given[]): readonly NewEvent[] {
  return given.map((message) => ({ type: "input.injected", turn, as, ...message }));
}

/** Letters that say nothing that can be understood: whoever reads the record sees that they came. */
function misread({ mailbox }: LoopServices, turn: number): readonly NewEvent[] {
  return mailbox.takeProblems().map((message) => ({ type: "warning", turn, code: "letter_refused", message }));
}
