import { andThen } from "../clock.ts";
import type { InputInjectedEvent, LimitUse, NewEvent } from "../event/index.ts";
import type { Op } from "../journal/index.ts";
import { judge, type Verdict } from "./end.ts";
import type { Given } from "./inbox.ts";
import { lastTurnMessage, limitedClosing, mayAnswer, ROOM_AGAIN, wasLast } from "./last-turn.ts";
import { nearLimits } from "./limits.ts";
import type { TurnPosition } from "./loop.ts";
import { stallAt } from "./repeats.ts";
import { unreported, unreserved } from "./room.ts";
import type { LoopServices } from "./services.ts";
import { stopAfter } from "./stops.ts";

/**
 * The step before each turn: takes what was said to the run meanwhile, looks at the limits, and lets the turn begin or
 * ends the run. All of it is one step, so that steering, limits and the end are replayed alike.
 */
export function createTurnOp(services: LoopServices): Op<TurnPosition> {
  return {
    id: "turn",
    run({ turn }, info) {
      return andThen(services.mailbox.look(), () => info.record(...misread(services, turn), ...decide(services, turn)));
    },
  };
}

function decide(services: LoopServices, turn: number): readonly NewEvent[] {
  const { inbox } = services;
  const verdict = verdictOn(services, turn - 1);
  if (verdict.type === "end") return [verdict.closing];
  if (verdict.type === "done" && !inbox.hasSteering() && !inbox.hasFollowUps()) return [verdict.closing];
  const limit = stopAfter(services, turn - 1);
  if (limit === undefined) return begun(services, turn, verdict);
  // A finished answer stays one: whoever had more to say is told that the run has ended.
  return verdict.type === "done" ? [verdict.closing] : atLimit(services, turn, { limit, verdict });
}

/** A last turn is no answer to be judged: whatever it came to, the run goes on only if there is room again. */
function verdictOn({ record, toolbox, correctionBudget, loopDetector }: LoopServices, turn: number): Verdict {
  const { state } = record.fold;
  if (wasLast(state)) return { type: "go on" };
  return judge({ state, calls: record.fold.callsOf(turn), toolbox, correctionBudget, loopDetector });
}

function begun(services: LoopServices, turn: number, verdict: Verdict): readonly NewEvent[] {
  const { inbox, record } = services;
  const isDone = verdict.type === "done" && !inbox.hasSteering();
  return [
    ...warnings(services, turn),
    ...stallWarning(services, turn),
    ...unreserved(services, turn),
    ...unreported(services, turn),
    ...injected("limit", turn, wasLast(record.fold.state) ? [{ message: ROOM_AGAIN }] : []),
    ...injected("correction", turn, correctionsOf(verdict)),
    ...injected("steer", turn, inbox.takeSteering(turn)),
    ...injected("follow_up", turn, isDone ? inbox.takeFollowUps(turn) : []),
    { type: "turn.started", turn },
  ];
}

/** The end, or one more turn for an answer. */
function atLimit(
  services: LoopServices,
  turn: number,
  { limit, verdict }: { limit: LimitUse; verdict: Verdict },
): readonly NewEvent[] {
  const { inbox, record, output } = services;
  if (!mayAnswer(services, limit)) {
    const closing = limitedClosing(record.fold.state, turn - 1, { limit, isTyped: output !== undefined });
    return [...warnings(services, turn - 1), closing];
  }
  return [
    ...warnings(services, turn),
    ...injected("correction", turn, correctionsOf(verdict)),
    ...injected("steer", turn, inbox.takeSteering(turn)),
    ...injected("limit", turn, [{ message: lastTurnMessage(limit) }]),
    { type: "turn.started", turn, final: true, limit },
  ];
}

/** Once a limit, also where a single turn went from well below it to beyond it. */
function warnings({ limits, record, activeMs }: LoopServices, turn: number): readonly NewEvent[] {
  return nearLimits(limits, record.fold.state, activeMs()).map((near) => ({ type: "limit.warning", turn, ...near }));
}

/** Of the turn before, where it is due. */
function stallWarning({ record, loopDetector }: LoopServices, turn: number): readonly NewEvent[] {
  const stall = loopDetector && stallAt(record.fold, turn - 1, loopDetector);
  return stall?.isWarned === true ? [{ type: "limit.warning", turn, ...stall.use }] : [];
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
