import type { LimitUse, NewEvent, RunState } from "../event/index.ts";
import type { UserMessage } from "../message/index.ts";
import { isCutShort } from "./answer.ts";
import { noRoom } from "./room.ts";
import type { LoopServices } from "./services.ts";

/** Whether the last whole turn was spent on an answer at a limit. */
export function wasLast({ final, lastTurn }: RunState): boolean {
  return final !== undefined && final.turn === lastTurn?.turn;
}

/**
 * Whether one more turn is spent on an answer. Not when the time is up, and not where money or tokens have no room for it: those limits
 * are kept. One is enough.
 */
export function mayAnswer(services: LoopServices, { limit }: LimitUse): boolean {
  if (services.onLimit === "stop" || limit === "durationMs" || wasLast(services.record.fold.state)) return false;
  return noRoom(services, { isFinal: true }) === undefined;
}

/** What the model is told before its last turn. */
export function lastTurnMessage(limit: LimitUse): UserMessage {
  return {
    role: "user",
    content: `${limitText(limit)}: answer now with what you have, for no tool can be called in this turn.`,
  };
}

/** What a call that may not begin is answered with. */
export function notBegunText(limit: LimitUse, isLastTurn: boolean): string {
  return isLastTurn ? "This turn was for an answer, and no tool can be called in it." : `${limitText(limit)}.`;
}

/** What the model is told when a run that had spent its last turn on an answer has room again. */
export const ROOM_AGAIN: UserMessage = {
  role: "user",
  content: "There is room again: tools can be called as before. Go on with the task where it stopped.",
};

/** The end at a limit, with the answer that the last turn gave, if one was spent on it and gave one. */
export function limitedClosing(
  state: RunState,
  turn: number,
  { limit, isTyped }: { limit: LimitUse; isTyped: boolean },
): NewEvent {
  const { lastTurn } = state;
  const closing = { type: "run.limited", turn, ...limit } as const;
  if (lastTurn === undefined || !wasLast(state)) return closing;
  const { message, finishReason, output } = lastTurn;
  const isAnswer = message.content !== "" && message.toolCalls === undefined && !isCutShort(finishReason);
  if (!isAnswer || (isTyped && output === undefined)) return closing;
  return { ...closing, answered: true, ...(output === undefined ? {} : { output }) };
}

/** A limit in words, for the model. */
function limitText({ limit, used, max, tool = "a tool" }: LimitUse): string {
  switch (limit) {
    case "turns":
      return `The limit of ${max} turns is reached`;
    case "toolCalls":
      return `The limit of ${max} tool calls is reached`;
    case "serverTurns":
      return `The limit of ${max} turns of tools at the server is reached`;
    case "tokens":
      return `The limit of ${max} tokens is reached`;
    case "costUsd":
      return `The limit of ${max} US dollars is reached`;
    case "durationMs":
      return `The time limit of ${max} ms is reached`;
    case "repeatedCall":
      return `The same call of ${tool} was made in ${used} turns in a row`;
    case "noProgress":
      return `The calls of ${used} turns in a row told nothing new`;
    default:
      return limit satisfies never;
  }
}
