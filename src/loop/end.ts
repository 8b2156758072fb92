import type { ErrorInfo } from "../errors.ts";
import type { LedgerEntry, NewEvent, RunState, TurnCompletedEvent } from "../event/index.ts";
import { contentText, type InputIssue, type UserMessage } from "../message/index.ts";
import { correctionOf, formatIssues } from "../output/index.ts";
import type { Toolbox } from "../tool/index.ts";
import { calledAsText } from "./call-text.ts";
import { callShaped, EMPTY_REPLY } from "./nudges.ts";
import type { LoopDetector } from "./repeats.ts";

/**
 * What the turns so far mean for the run: it ends, it would end unless somebody has more to say, or it goes on, perhaps
 * with what the model must be told of its answer.
 */
export type Verdict =
  | { type: "end"; closing: NewEvent }
  | { type: "done"; closing: NewEvent }
  | { type: "go on"; correction?: UserMessage };

/** What the verdict is taken from. */
export interface RunJudged {
  state: RunState;
  /** The calls of the last turn. */
  calls: readonly LedgerEntry[];
  toolbox: Toolbox;
  correctionBudget: number;
  loopDetector?: LoopDetector | undefined;
}

/** Decides whether the run goes on after its last turn. Pure: the same record gives the same verdict. */
export function judge(soFar: RunJudged): Verdict {
  const turn = soFar.state.lastTurn;
  if (turn === undefined) return { type: "go on" };
  return judgeTurn(turn, soFar) ?? (soFar.calls.length > 0 ? judgeCalls(turn, soFar) : judgeAnswer(turn, soFar));
}

/** A turn that was cut short, held back or refused is not an answer, and none of its calls may run. */
function judgeTurn(completed: TurnCompletedEvent, soFar: RunJudged): Verdict | undefined {
  const { turn, finishReason, wireFinishReason, message } = completed;
  switch (finishReason) {
    case "length":
      return fail(
        turn,
        "output_truncated",
        `The model's answer was cut off (${wireFinishReason ?? "length"}); raise settings.maxOutputTokens or ask for less.`,
      );
    case "content_filter":
      return fail(
        turn,
        "content_filtered",
        "xAI held the answer back (finish_reason content_filter); change the input.",
      );
    case "refusal":
      return fail(turn, "refused", `The model refused; ask otherwise. It said: ${message.refusal ?? message.content}`);
    case "other":
      return (message.toolCalls?.length ?? 0) > 0 ? undefined : judgeUnknownEnd(completed, soFar);
    default:
      return undefined;
  }
}

function judgeUnknownEnd({ turn, message }: TurnCompletedEvent, soFar: RunJudged): Verdict | undefined {
  if (message.content !== "" || mayAskAgain(soFar)) return undefined; // its end is on the record, with a warning
  return fail(
    turn,
    "empty_answer",
    "The model stopped without text or tool calls, for a reason we do not know. Ask again.",
  );
}

function judgeCalls(turn: TurnCompletedEvent, soFar: RunJudged): Verdict {
  const { calls, toolbox, state, correctionBudget } = soFar;
  const failed = calls.find((entry) => toolbox.get(entry.call.tool)?.onError === "fail" && handlerFailed(entry));
  if (failed !== undefined) {
    const why = failed.error?.message ?? failed.outcome;
    const { tool } = failed.call;
    return fail(
      turn.turn,
      "tool_failed",
      `The tool ${tool} failed and is declared onError: "fail" (without it, the model is told and goes on): ${why}`,
    );
  }
  const last = calls.find((entry) => entry.outcome === "ok" && toolbox.get(entry.call.tool)?.endsRun === true);
  if (last !== undefined) {
    const text = last.content === undefined ? turn.message.content : contentText(last.content);
    return { type: "end", closing: { type: "run.completed", turn: turn.turn, text } };
  }
  if (state.corrections <= correctionBudget) return { type: "go on" };
  const bad = calls.find((entry) => entry.outcome !== "ok");
  const told = bad === undefined ? "" : ` The last: ${bad.call.tool}: ${bad.error?.message ?? bad.outcome}`;
  return fail(
    turn.turn,
    "corrections_exhausted",
    `Tool calls failed in ${state.corrections} turns in a row, and correctionBudget allows ${correctionBudget}. Say more in the tool's description, or raise it.${told}`,
  );
}

/** The handler ran and did not do its work; arguments that do not fit are the model's to mend. */
function handlerFailed({ outcome }: LedgerEntry): boolean {
  return outcome === "error" || outcome === "timeout" || outcome === "unknown";
}

function judgeAnswer(turn: TurnCompletedEvent, soFar: RunJudged): Verdict {
  const text = turn.message.content;
  if (text === "") return judgeEmpty(turn.turn, soFar);
  if (turn.outputIssues !== undefined) return judgeMisfit(turn.turn, turn.outputIssues, soFar);
  const tool = soFar.loopDetector?.callShapedText === "correct" ? calledAsText(turn, soFar.toolbox) : undefined;
  if (tool !== undefined && mayCorrect(soFar)) return { type: "go on", correction: callShaped(tool) };
  const output = turn.output === undefined ? {} : { output: turn.output };
  return { type: "done", closing: { type: "run.completed", turn: turn.turn, text, ...output } };
}

function judgeEmpty(turn: number, soFar: RunJudged): Verdict {
  if (mayAskAgain(soFar)) return { type: "go on", correction: EMPTY_REPLY };
  const closing = failure(
    turn,
    "empty_answer",
    "The model answered with neither text nor a tool call. Ask again, or say in the instructions what an answer is.",
  );
  return { type: "done", closing };
}

function mayAskAgain(soFar: RunJudged): boolean {
  return soFar.loopDetector?.emptyReply === "ask" && mayCorrect(soFar);
}

/** Told once: a turn that began with a correction is taken as it is. */
function mayCorrect({ state, correctionBudget }: RunJudged): boolean {
  return state.corrections < correctionBudget && state.corrected !== state.lastTurn?.turn;
}

function judgeMisfit(turn: number, issues: readonly InputIssue[], soFar: RunJudged): Verdict {
  const { state, correctionBudget } = soFar;
  if (state.corrections <= correctionBudget) return { type: "go on", correction: correctionOf(issues) };
  return fail(
    turn,
    "invalid_output",
    `The answer does not fit the agent's output schema, and correctionBudget allows ${correctionBudget} corrections in a row. Say more in the instructions, or raise it. ` +
      `What is wrong with the last: ${formatIssues(issues)}`,
  );
}

function fail(turn: number, code: string, message: string): Verdict {
  return { type: "end", closing: failure(turn, code, message) };
}

function failure(turn: number, code: string, message: string): NewEvent {
  const error: ErrorInfo = { code, message };
  return { type: "run.failed", turn, error };
}
