import type { ContextPolicy } from "./agent-context.ts";
import type { RetryPolicy } from "./client/index.ts";
import type { Clock } from "./clock.ts";
import type { RunLimits } from "./event/index.ts";
import type { ApprovalAnswer, BufferLimits, LoopDetector, OnLimit } from "./loop/index.ts";
import type { Message, UserMessage } from "./message/index.ts";
import type { Model, ModelSettings } from "./model/index.ts";
import type { RunStore } from "./store/index.ts";
import type { AgentTool, ContextOf, ToolSchema } from "./tool/index.ts";

export type { ContextPolicy };

/** What an agent is made of. */
export interface AgentOptions<
  Tools extends readonly AgentTool[] = readonly AgentTool[],
  Schema extends ToolSchema | undefined = ToolSchema | undefined,
> {
  /** For records, errors and viewers. */
  name: string;
  /** The name of a model at xAI, or one made by `client.model(…)`. */
  model: string | Model;
  /**
   * Which endpoint a model given by its name is asked on. Default `auto`: chat completions while all tools are functions,
   * the Responses API as soon as there is one that xAI runs. A model made by `client.model(…)` brings its own.
   */
  api?: Model["api"];
  /** The system message; a function is asked once a run, and what it says is recorded. */
  instructions?: string | ((context: ContextOf<Tools>) => string | Promise<string>);
  tools?: Tools;
  /**
   * What the answer must be: zod 4.2 or newer, zod 3.24, arktype, valibot through `toStandardJsonSchema`, or plain JSON Schema.
   * The model is told, every answer is checked, and one that does not fit goes back within `correctionBudget`. The result
   * then has `output`. Default: any text.
   */
  output?: Schema;
  /** Sampling and the like, for every run. Nothing that is not set is sent. */
  settings?: ModelSettings;
  limits?: RunLimits;
  /**
   * What happens at a limit: `stop` (default) ends the run as limited; `answer` tells the model which limit is reached and spends one more
   * turn, without tools, on an answer, before the run ends as limited: `result.text` is it. Not when the time is up, and not where
   * `costUsd` or `tokens` have no room for it.
   */
  onLimit?: OnLimit;
  /** Turns in a row whose tool calls or answer may fail in a way the model can mend, before the run fails. Default 2. */
  correctionBudget?: number;
  /** Tool calls of a run that are carried out at the same time. Default 8. */
  toolConcurrency?: number;
  /** Calls of one turn that are carried out; the model is told of the rest that they were not. Default 128. */
  toolCallsPerTurn?: number;
  /**
   * What is done about a model that gets nowhere: that makes the same call turn after turn (a `limit.warning` at `warnAt` turns in a row,
   * the end of the run as limited at `stopAt`), whose calls tell nothing new (`noProgress`), that says nothing (`emptyReply`), or that
   * writes a call as text (`callShapedText`). `false`: nothing but the limits.
   */
  loopDetector?: Partial<LoopDetector> | false;
  /**
   * What is done about a conversation that gets long, before it no longer fits. Default: old results are made short from 80 % of the
   * model's context window on. `false`: nothing. A request that surely does not fit is never sent, whatever this says (`context_overflow`).
   */
  context?: ContextPolicy | false;
  /** How deep runs may stand in each other, started by handlers of tools. Default 4; told on platforms that have `AsyncLocalStorage`. */
  maxDepth?: number;
  /**
   * When a failed attempt at a turn is tried again: the agent's own, not that of its model's client. Default: 3 attempts. What
   * retries cost is paid from the client's budget all the same.
   */
  retry?: Partial<RetryPolicy>;
  /** Where the records of the agent's runs are kept. Default: only in memory, with the run. */
  store?: RunStore;
  /** How long the store keeps other processes out of a run after this one's last sign of life, in milliseconds. Default 30,000. */
  leaseMs?: number;
  /**
   * What becomes of a tool that declares `effect: "write"` once text from outside (the web, X, MCP, a tool of `origin: "external"`) has
   * entered the run: `approve` (default) asks a person for each call, `block` denies it, `allow` lets it run.
   */
  untrusted?: "approve" | "block" | "allow";
  /**
   * What becomes of a call to such a tool that a process had begun when it died, and that the tool's `reconcile` cannot tell: `ask`
   * (default) a person, or `tell` the model that nobody knows. It is never run again unasked.
   */
  unknownOutcome?: "ask" | "tell";
  /** Tools with `private: true` that may stand beside searches and MCP servers at xAI, by name. Default: none may. */
  allowPrivate?: readonly string[];
  /** The world, for tests: a clock, ids, and the replay of every step. */
  runtime?: AgentRuntime;
}

/** What an agent takes from the world. All of it has a default. */
export interface AgentRuntime {
  clock?: Clock;
  /** A fresh id. Default: a random UUID. */
  createId?: () => string;
  /** From 0 up to 1, for the jitter of delays. Default `Math.random`. */
  random?: () => number;
  /** How far a run may be ahead of its reader. Default 1,024 deltas or 8 MiB of text, counted as two bytes a character. */
  buffer?: BufferLimits;
  /** Replays the loop from the top at every await, which proves that it is deterministic. */
  alwaysReplay?: boolean;
}

/** What a run is given, beside its input. */
export interface RunSettings {
  /** Earlier messages, such as `result.messages` of another run. Calls without a result get one that says so. */
  messages?: readonly Message[];
  /**
   * The id of the conversation. With a store the runs of it that ended are the history, unless `messages` is given, and one run goes on in
   * it at a time. It is also what xAI's prompt cache is read by. Default: the run's own id.
   */
  conversation?: string;
  /**
   * When another run goes on in the conversation, or waits: `reject` (default) fails with `conversation_busy`; `queue` begins when it has
   * ended; `steer` says the input, one user message, to that run, and hands back what it does from then on. Both wait for as long as that
   * takes, also for a run whose process died until somebody resumes or cancels it: `signal` ends the wait. Need `conversation` and a store.
   */
  onBusy?: "reject" | "queue" | "steer";
  /** Begins with the first messages of another run, counted as its `result.messages` has them. Needs a store. */
  branch?: { runId: string; messages?: number };
  /**
   * `rehearse`: no tool runs but those that declare `effect: "read"`; the record says what would have happened. MCP servers at xAI are not
   * offered. A rehearsal begins with what was said in its `conversation` and is no part of it: later runs do not take it for what was done.
   */
  effects?: "rehearse";
  /**
   * What a run does while somebody has to decide: `stay`, the default of `stream`, waits in the process; `leave`, the default of `run` and
   * `resume`, ends the segment as `paused`, once everything else of the turn is done.
   */
  waiting?: "stay" | "leave";
  /** Over the agent's own. */
  settings?: ModelSettings;
  /** Over the agent's own. */
  limits?: RunLimits;
  /** Over the agent's own. */
  onLimit?: OnLimit;
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
}

/** As `RunSettings`; `context` is required when a tool needs one. */
export type RunOptions<Context = unknown> = RunSettings &
  (unknown extends Context ? { context?: Context } : { context: Context });

/** What a run is carried on with. What is not given is as the run began. */
export interface ResumeSettings {
  /** Decisions on calls that wait, by call id: laid down first, as `resolveApproval` does, and with a `hash` where that needs one. */
  approvals?: Readonly<Record<string, ApprovalAnswer & { hash?: string }>>;
  /** Over those that the run had, counted over all of it. */
  limits?: RunLimits;
  /** Over what the run had: `answer` gets an answer out of a run that stopped at a limit. */
  onLimit?: OnLimit;
  /**
   * When the agent is another one than the run was begun with: `refuse` (default) throws `run_changed`; `continue` goes on with the agent as
   * it is; `pin` keeps the model and the instructions that the run was begun with, and refuses only other tools or another output.
   */
  changed?: "refuse" | "continue" | "pin";
  /** As of a run. Default `leave`. */
  waiting?: "stay" | "leave";
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
}

/** As `ResumeSettings`; `context` is required when a tool needs one, for it is on no record. */
export type ResumeOptions<Context = unknown> = ResumeSettings &
  (unknown extends Context ? { context?: Context } : { context: Context });

/** What a recorded run is played again with. What is not given is the agent's own, or as it was recorded. */
export interface ReplaySettings {
  /**
   * No tool runs: a call takes the result that an equal one, same tool and same arguments, had in the recorded run, in order, and then the
   * last one again. One that was not made there is told so.
   */
  tools: "recorded";
  /** The model of the experiment. Default: the agent's. */
  model?: string | Model;
  /** Instead of the agent's own. */
  instructions?: string;
  /**
   * What xAI runs itself cannot be answered from a recording. `none` (default): it is not offered. `live`: searches, code and images are
   * offered and run anew, at their price; MCP servers are not, since nobody here can tell what they do.
   */
  serverTools?: "none" | "live";
  /** Over those of the recorded run, which are over the agent's. */
  settings?: ModelSettings;
  /** Over those of the recorded run. */
  limits?: RunLimits;
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
}

/** As `ReplaySettings`; `context` is for instructions that are a function, and no tool needs it. */
export type ReplayOptions<Context = unknown> = ReplaySettings & { context?: Context };

/** What a run begins with: a text, a user message, or several messages. */
export type RunInput = string | UserMessage | readonly Message[];
