import { orAborted } from "../clock.ts";
import { errorInfo } from "../errors.ts";
import type { FailedAttempt, NewEvent } from "../event/index.ts";
import type { StepInfo } from "../journal/index.ts";
import type { Cost, Usage } from "../message/index.ts";
import { asEstimate } from "./model-closing.ts";
import type { LoopServices } from "./services.ts";

/** Attempts at something that is asked of a server and is no turn. Each is an epoch of its own. */
export interface Trial {
  turn: number;
  /** Of the attempt under way. */
  info: StepInfo;
  /** From 1; 0 before the first. */
  number: number;
  requestId: string;
  /** What is to be recorded with the end of the attempt. */
  notices: NewEvent[];
  used?: { usage?: Usage; cost: Cost };
  simulated?: true;
}

export function createTrial({ createId }: LoopServices, turn: number, info: StepInfo): Trial {
  return { turn, info, number: 0, requestId: createId(), notices: [] };
}

/** Makes attempts until one succeeds. What the failed ones used is on the record; of the last one `failedTrial` tells. */
export function tried<T>({ retry }: LoopServices, trial: Trial, ask: () => Promise<T>): Promise<T> {
  return retry(
    (number) => {
      if (number > 1) trial.info = trial.info.nextEpoch();
      trial.number = number;
      delete trial.used;
      delete trial.simulated;
      return orAborted(ask(), trial.info.signal);
    },
    {
      signal: trial.info.signal,
      refuse: () => undefined,
      onRetry(error, delayMs) {
        const { turn, info, notices } = trial;
        info.record(...notices.splice(0), { type: "turn.retrying", turn, delayMs, ...failedTrial(trial, error) });
      },
    },
  );
}

export function failedTrial({ number, used, simulated }: Trial, error: unknown): FailedAttempt {
  return {
    error: errorInfo(error),
    attempt: number,
    discarded: { text: 0, reasoning: 0 },
    ...(used === undefined ? {} : spentIn(used, simulated)),
    ...(simulated === undefined ? {} : { simulated }),
  };
}

/** What an attempt used, as events have it: its context was not the conversation's. */
export function spentIn(
  { usage, cost }: NonNullable<Trial["used"]>,
  simulated: true | undefined,
): { usage?: Usage; cost: Cost } {
  const own = simulated === true ? asEstimate(cost) : cost;
  if (usage === undefined) return { cost: own };
  const { contextTokens: _ofThatRequest, ...counted } = usage;
  return { usage: counted, cost: own };
}
