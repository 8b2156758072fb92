import { checkAgentOptions, checkReplayOptions, checkResumeOptions, checkRunOptions } from "./agent-check.ts";
import type {
  AgentOptions,
  ReplayOptions,
  ReplaySettings,
  ResumeOptions,
  ResumeSettings,
  RunInput,
  RunOptions,
  RunSettings,
} from "./agent-options.ts";
import { type AgentParts, wireParts } from "./agent-parts.ts";
import { replayAgentRun } from "./agent-replay.ts";
import { resumeAgentRun } from "./agent-resume.ts";
import { startAgentRun, withoutStore } from "./agent-run.ts";
import { AgentError } from "./errors.ts";
import type { ArtifactReader, CompletedResult, Reporting, RunResult, StoredEvent } from "./event/index.ts";
import { type ApprovalAnswer, completed, type Run } from "./loop/index.ts";
import { checkMessage, checkMessages, type Message } from "./message/index.ts";
import { checkModelTools, checkSettings } from "./model/index.ts";
import { formatIssues, type OutputOf } from "./output/index.ts";
import { ownOptions } from "./own.ts";
import { type ApprovalTarget, type Decided, decideOn } from "./resume/index.ts";
import { type AgentTool, type ContextOf, nestingDepth, readArguments, type ToolSchema } from "./tool/index.ts";

/** Runs a model with tools until its work is done. Holds no state: what happened is in the record of each run. */
export interface Agent<Context = unknown, Output = unknown> {
  readonly name: string;
  /**
   * Runs to the end.
   * @returns the result of a completed run.
   * @throws {RunError} when the run does not complete; its `result` is all that the run came to.
   */
  run(input: RunInput, ...options: RunArguments<Context>): Promise<CompletedResult<Output> & Reporting>;
  /** Runs to the end and resolves with whatever came of it, told apart by `status`. */
  run(input: RunInput, options: RunOptions<Context> & { reject: false }): Promise<RunResult<Output> & Reporting>;
  /**
   * Starts at the call and hands back the run, to be read as it goes.
   * @throws {AgentError} `invalid_option` when the options cannot be meant, `run_limited` in the handlers of too many runs that stand
   * in each other (`maxDepth`). Everything later is an event.
   */
  stream(input: RunInput, ...options: RunArguments<Context>): Run<Output> & ArtifactReader;
  /**
   * Carries on a run where its record ends, in any process: one that waits, stopped at a limit, failed, was cancelled, or whose process
   * died. What the record holds is not done again. Its reader begins with `run.resumed`; `run.record` holds all.
   * @throws {RunLockedError} `run_locked` while somebody else has it. @throws {AgentError} `not_found`; `run_ended` when it is completed;
   * `run_changed` when it was begun with another model, tools, instructions or output; `record_version`, `malformed_record`, and
   * `invalid_option`, also for an agent without a store.
   */
  resume(runId: string, ...options: ResumeArguments<Context>): Promise<Run<Output> & ArtifactReader>;
  /**
   * Plays a recorded run again, from any process over the store, as a run of its own: the same input, history, settings and limits, words
   * said on the way included, with the model and the instructions of this agent or of the options. Tools do not run: see `tools`. Compare
   * what came of it with `diffRuns`, or `fairwitness runs diff`. Its `run.started` names the recorded run as `replays`.
   * @throws {AgentError} `not_found`, `record_version`, `malformed_record`, `unsupported_setting`, and `invalid_option`, also for an agent
   * without a store.
   */
  replay(runId: string, options: ReplayOptions<Context>): Promise<Run<Output> & ArtifactReader>;
  /**
   * Decides on a call that waits, of a run in this process or, through the store, in any. The first decision counts; one that comes
   * twice or late changes nothing, as `status` says.
   * @throws {AgentError} `not_found` when nobody asked about the call, `invalid_option` for a decision that cannot be meant: changed
   * arguments that do not fit the tool, and a `hash` of other arguments, are among those. To let a call run again
   * whose outcome is not known, the `hash` must be given.
   */
  resolveApproval(runId: string, callId: string, answer: ApprovalAnswer & { hash?: string }): Promise<Decided>;
}

/** Options may be left out when no tool needs a context. */
export type RunArguments<Context> = unknown extends Context
  ? [options?: RunOptions<Context> & { reject?: true }]
  : [options: RunOptions<Context> & { reject?: true }];

/** The same for `resume`. */
export type ResumeArguments<Context> = unknown extends Context
  ? [options?: ResumeOptions<Context>]
  : [options: ResumeOptions<Context>];

/**
 * Makes an agent.
 * @throws {AgentError} `invalid_option`, `unsupported_setting` (the model is known to refuse a setting),
 * `duplicate_tool`, `invalid_tool`, `invalid_schema` (an `output` that cannot be asked of the model), `private_exposed` (a private tool beside
 * searches or MCP servers at xAI).
 */
export function createAgent<
  const Tools extends readonly AgentTool[] = readonly [],
  const Schema extends ToolSchema | undefined = undefined,
>(given: AgentOptions<Tools, Schema>): Agent<ContextOf<Tools>, OutputOf<Schema>> {
  // Nothing that is read of them here has a type that depends on the tools.
  const options = (typeof given === "object" && given !== null ? ownOptions(given) : given) as AgentOptions;
  checkAgentOptions(options);
  const parts = wireParts(options);
  checkSettings(parts.model.id, parts.settings);
  checkModelTools(parts.model.id, {
    client: parts.toolbox.names.length,
    server: parts.toolbox.serverTools.length,
  });
  parts.model.accepts?.(parts.toolbox.serverTools, parts.settings);

  const stream = (input: RunInput, given: RunSettings & { context?: unknown } = {}): Run & ArtifactReader => {
    checkRunOptions(options.name, given, options.store !== undefined);
    checkDepth(options.name, options.maxDepth ?? MAX_DEPTH);
    return startAgentRun(parts, asMessages(input), ownOptions(given));
  };
  const run = async (
    input: RunInput,
    given: RunSettings & { reject?: boolean } = {},
  ): Promise<RunResult & Reporting> => {
    const started = stream(input, { waiting: "leave", ...given });
    return await (given.reject === false ? started.result() : completed(started));
  };
  // The overloads say what the implementation does; the compiler cannot relate the two through the optional tuple.
  const resume = async (
    runId: string,
    given: ResumeSettings & { context?: unknown } = {},
  ): Promise<Run & ArtifactReader> => {
    checkResumeOptions(options.name, given);
    for (const [callId, answer] of Object.entries(given.approvals ?? {}))
      await decide(parts, { runId, callId }, answer);
    return await resumeAgentRun(parts, runId, ownOptions(given));
  };
  const replay = async (
    runId: string,
    given: ReplaySettings & { context?: unknown },
  ): Promise<Run & ArtifactReader> => {
    checkReplayOptions(options.name, given);
    return await replayAgentRun(parts, runId, ownOptions(given));
  };
  const resolveApproval = (
    runId: string,
    callId: string,
    answer: ApprovalAnswer & { hash?: string },
  ): Promise<Decided> => decide(parts, { runId, callId }, answer);
  return { name: options.name, run, stream, resume, replay, resolveApproval } as Agent<
    ContextOf<Tools>,
    OutputOf<Schema>
  >;
}

const MAX_DEPTH = 4;

/** A handler that runs agents whose handlers run agents … would otherwise end with nothing but the last limit of the outermost. */
function checkDepth(agent: string, maxDepth: number): void {
  const depth = nestingDepth();
  if (depth < maxDepth) return;
  const message = `"${agent}" was not run: it would stand in the handlers of ${depth} runs that stand in each other, and maxDepth allows ${maxDepth} runs. Do the work here, or raise maxDepth.`;
  throw new AgentError("run_limited", message);
}

/** Arguments that a person changed are checked here too, where they can still be mended. */
async function decide(
  parts: AgentParts,
  target: ApprovalTarget,
  answer: ApprovalAnswer & { hash?: string },
): Promise<Decided> {
  const { store, name } = parts.options;
  const { runId } = target;
  const live = parts.live.get(runId);
  const events = live?.events ?? (await store?.read(runId))?.events;
  if (events === undefined) throw withoutStore(name, runId);
  await checkChanged(parts, events, target.callId, answer);
  const inbox = store?.inbox;
  const decided = await decideOn(
    {
      events,
      nowMs: parts.runtime.clock.now(),
      send: (letter, value) => {
        if (inbox !== undefined) return inbox.send(runId, letter, value);
        if (live === undefined) throw withoutStore(name, runId);
        return live.mailbox.deliver({ name: letter, value });
      },
    },
    target,
    answer,
  );
  live?.mailbox.wake();
  return decided;
}

async function checkChanged(
  { toolbox, runtime }: AgentParts,
  events: readonly StoredEvent[],
  callId: string,
  answer: ApprovalAnswer,
): Promise<void> {
  if (answer?.input === undefined) return;
  const asked = events.findLast((event) => event.type === "tool.approval.requested" && event.call.id === callId);
  const tool = asked !== undefined && "call" in asked ? toolbox.get(asked.call.tool) : undefined;
  if (tool === undefined) return;
  const { issues } = await readArguments(tool, JSON.stringify(answer.input), runtime.clock);
  if (issues === undefined) return;
  const message = `The changed arguments of ${tool.name} (${callId}) do not fit it, and nothing was decided: ${formatIssues(issues)}`;
  throw new AgentError("invalid_option", message);
}

function asMessages(input: unknown): readonly Message[] {
  if (typeof input === "string") {
    if (input === "")
      throw new AgentError("invalid_option", "The input is empty; xAI refuses a message without content.");
    return [{ role: "user", content: input }];
  }
  if (!Array.isArray(input)) {
    checkMessage(input, "input");
    return [input];
  }
  const messages: unknown = input;
  checkMessages(messages, "input");
  if (messages.length === 0)
    throw new AgentError("invalid_option", "The input has no messages; there is nothing to answer.");
  return messages;
}
