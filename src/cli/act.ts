import { userInfo } from "node:os";
import { canonicalJson } from "../digest.ts";
import { AgentError } from "../errors.ts";
import { createFold } from "../event/index.ts";
import type { ApprovalAnswer } from "../index.ts";
import { approvalsIn, cancelRun, type Decided, resolveApproval, steerRun } from "../resume/index.ts";
import type { RunStore } from "../store/index.ts";
import { nearestWord } from "./nearest.ts";
import type { Printed } from "./printed.ts";
import { answerText, short } from "./words.ts";

/** What is done to a run from here: a letter is laid into its inbox, and nothing else. */
export interface Target {
  store: RunStore;
  runId: string;
}

/** Decides on a call, for the arguments that it has now. Whoever is second, late, or names no call that waits decides nothing. */
export async function decide({ store, runId }: Target, asked: string, answer: ApprovalAnswer): Promise<Printed> {
  const { events } = await store.read(runId);
  const { state } = createFold(events);
  const callId = findCall(
    runId,
    asked,
    state.calls.flatMap(({ call, approval }) => (approval === undefined ? [] : [call.id])),
  );
  const open = approvalsIn(runId, events).find((approval) => approval.callId === callId);
  if (answer.sticky === true && open !== undefined && open.reason !== "approval") {
    throw new AgentError(
      "invalid_option",
      `--sticky is for calls whose tool asks for itself, and ${callId} waits for another reason: each such call is decided on. Nothing was decided.`,
    );
  }
  const by = answer.by ?? loginName();
  const said = { ...answer, ...(by === undefined ? {} : { by }), ...(open === undefined ? {} : { hash: open.hash }) };
  const decided = await resolveApproval(store, { runId, callId }, said);
  const name = open === undefined ? callId : `${open.tool} (${callId})`;
  return decidedText(decided, { name: short(name), runId, status: state.closing?.type, answer });
}

interface About {
  name: string;
  runId: string;
  status: string | undefined;
  answer: ApprovalAnswer;
}

function decidedText(decided: Decided, { name, runId, status, answer }: About): Printed {
  switch (decided.status) {
    case "taken": {
      const checked =
        decided.answer.input === undefined
          ? ""
          : " The run checks the arguments; where they do not fit the tool, nothing runs.";
      return {
        text: `${name} of ${runId}: ${answerText(decided.answer)}.${checked}\n${whatNext(runId, status)}\n`,
        code: 0,
      };
    }
    case "decided": {
      const what = decided.answer === undefined ? "decided" : answerText(decided.answer);
      const isSame = decided.answer !== undefined && decisionIn(decided.answer) === decisionIn(answer);
      return { text: `${name} of ${runId} was ${what} before. Nothing changes.\n`, code: isSame ? 0 : 1 };
    }
    case "late":
      return { text: `Too late: ${name} of ${runId} is done. Nothing changes.\n`, code: 1 };
    default:
      return decided satisfies never;
  }
}

/** What counts of an answer, whoever gave it and for whatever reason. */
function decisionIn({ approve, input, sticky = false }: ApprovalAnswer): string {
  return canonicalJson({ approve, input, sticky });
}

/** The call that is meant: its id, or the beginning of just one that somebody was asked about. */
function findCall(runId: string, asked: string, ids: readonly string[]): string {
  if (ids.includes(asked)) return asked;
  const matching = ids.filter((id) => id.startsWith(asked));
  const [only, ...others] = matching;
  if (only !== undefined && others.length === 0) return only;
  const near = nearestWord(asked, ids);
  const hint =
    ids.length === 0
      ? "Nobody was asked about any call of it."
      : only !== undefined
        ? `Several calls begin so: ${matching.join(", ")}.`
        : near === undefined
          ? `Somebody was asked about ${ids.join(", ")}.`
          : `Did you mean ${near}?`;
  throw new AgentError(
    "not_found",
    `No call ${JSON.stringify(asked.slice(0, 80))} of ${runId} waits for a decision. ${hint} Nothing was decided.`,
  );
}

/** Who hears of it, and when. */
function whatNext(runId: string, status: string | undefined): string {
  const resume = `agent.resume("${runId}")`;
  if (status === "run.paused") return `The run has left its process: ${resume} in your program goes on with it.`;
  if (status !== undefined)
    return `The run has ended (${status.slice("run.".length)}): it reads this when it is resumed, ${resume}.`;
  return `If its process is there, the run reads this within two seconds; if that died, when it is resumed: ${resume}.`;
}

export async function cancel({ store, runId }: Target, reason: string | undefined): Promise<Printed> {
  const done = await cancelRun(store, runId, reason);
  switch (done.status) {
    case "cancelled":
      return { text: `${runId} is cancelled. Nobody had it, so its record was closed.\n`, code: 0 };
    case "sent":
      return {
        text: `${runId} is held by a process, which finds the word within two seconds and cancels it.\n`,
        code: 0,
      };
    case "ended":
      return { text: `${runId} had ended. Nothing changes.\n`, code: 1 };
    default:
      return done satisfies never;
  }
}

export async function steer({ store, runId }: Target, text: string): Promise<Printed> {
  const sent = await steerRun(store, runId, text);
  if (sent.status === "ended") {
    return {
      text: `${runId} has ended: nobody would read it. To say more, start a run in its conversation.\n`,
      code: 1,
    };
  }
  const { state } = createFold((await store.read(runId)).events);
  const next = state.closing === undefined ? "The run is told before its next turn." : "";
  return {
    text: `Sent to ${runId}. ${next}${next === "" ? "" : " "}${whatNext(runId, state.closing?.type)}\n`,
    code: 0,
  };
}

/** Who says so, for the record. Undefined where the system does not know. */
function loginName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
