import { z } from "zod";
import { checkRetry, type RetryPolicy } from "./client/index.ts";
import type { Clock } from "./clock.ts";
import { AgentError } from "./errors.ts";
import type { RunLimits } from "./event/index.ts";
import { type BufferLimits, DEFAULT_LOOP_DETECTOR, type LoopDetector } from "./loop/index.ts";
import { checkMessages, type Message, type UserMessage } from "./message/index.ts";
import type { Model, ModelSettings } from "./model/index.ts";
import { ownOptions } from "./own.ts";
import type { RunStore } from "./store/index.ts";
import type { AgentTool, ContextOf, ToolSchema } from "./tool/index.ts";

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
  /** Turns in a row whose tool calls or answer may fail in a way the model can mend, before the run fails. Default 2. */
  correctionBudget?: number;
  /** Tool calls of a run that are carried out at the same time. Default 8. */
  toolConcurrency?: number;
  /** Calls of one turn that are carried out; the model is told of the rest that they were not. Default 128. */
  toolCallsPerTurn?: number;
  /**
   * What happens to a model that asks for the same call, same tool and same arguments, turn after turn: a `limit.warning` at
   * `warnAt` turns in a row (default 3), the end of the run as limited at `stopAt` (default 6), where that call does not run any more.
   * `false`: nothing but the limits.
   */
  loopDetector?: Partial<LoopDetector> | false;
  /** How deep runs may stand in each other, started by handlers of tools. Default 4; told on platforms that have `AsyncLocalStorage`. */
  maxDepth?: number;
  /**
   * When a failed attempt at a turn is tried again: the agent's own, not that of its model's client. Default: 3 attempts. What
   * retries cost is paid from the client's budget all the same.
   */
  retry?: Partial<RetryPolicy>;
  /** Where the records of the agent's runs are kept. Default: only in memory, with the run. */
  store?: RunStore;
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
  /** The id of the conversation, so that xAI's prompt cache is read. Default: the run's own id. */
  conversation?: string;
  /** Over the agent's own. */
  settings?: ModelSettings;
  /** Over the agent's own. */
  limits?: RunLimits;
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
}

/** As `RunSettings`; `context` is required when a tool needs one. */
export type RunOptions<Context = unknown> = RunSettings &
  (unknown extends Context ? { context?: Context } : { context: Context });

/** What a run begins with: a text, a user message, or several messages. */
export type RunInput = string | UserMessage | readonly Message[];

const AGENT_KEYS = [
  "name",
  "model",
  "api",
  "instructions",
  "tools",
  "output",
  "settings",
  "limits",
  "correctionBudget",
  "toolConcurrency",
  "toolCallsPerTurn",
  "loopDetector",
  "maxDepth",
  "retry",
  "store",
  "runtime",
];
const RUN_KEYS = ["messages", "conversation", "settings", "limits", "signal", "context", "reject"];
const HABITS: Readonly<Record<string, string>> = {
  system: "instructions",
  systemPrompt: "instructions",
  prompt: "instructions",
  tool: "tools",
  functions: "tools",
  output: "output of createAgent: an agent answers in one form",
  schema: "output",
  outputSchema: "output",
  outputType: "output",
  responseFormat: "output",
  response_format: "output",
  maxTurns: "limits.turns",
  maxSteps: "limits.turns",
  stopWhen: "limits",
  temperature: "settings.temperature",
  maxTokens: "settings.maxOutputTokens",
  toolChoice: "settings.toolChoice",
  abortSignal: "signal",
  history: "messages",
  apiKey: "createClient({ apiKey }), whose client.model(…) is the agent's model",
  baseURL: "createClient({ baseURL }), whose client.model(…) is the agent's model",
};

const amount = z.number().positive();
const count = z.int().positive();
const limitsSchema = (): z.ZodType<RunLimits> =>
  z.strictObject({
    turns: count.optional(),
    toolCalls: count.optional(),
    serverTurns: count.optional(),
    tokens: count.optional(),
    costUsd: amount.optional(),
    durationMs: amount.optional(),
  }) as z.ZodType<RunLimits>; // zod writes `| undefined` where the interface has absent

/** @throws {AgentError} `invalid_option` naming the option, what is wrong with it and what to write. */
export function checkAgentOptions(options: AgentOptions): void {
  checkObject("createAgent", options);
  refuseUnknownKeys("createAgent", options, AGENT_KEYS);
  if (typeof options.name !== "string" || options.name.trim() === "") {
    throw invalid('createAgent needs a name, such as { name: "scout" }: records and errors are told apart by it.');
  }
  const { model, tools } = options;
  if (typeof model === "string" ? model === "" : typeof model?.stream !== "function") {
    throw invalid(
      `createAgent "${options.name}" needs a model: a name such as "grok-4.7", or client.model("grok-4.7").`,
    );
  }
  if (options.api !== undefined && typeof model !== "string") {
    throw invalid(
      `createAgent "${options.name}": api goes with a model given by its name. Write client.model("…", { api: "${options.api}" }).`,
    );
  }
  if (tools !== undefined && !Array.isArray(tools)) {
    throw invalid(`createAgent "${options.name}": tools is a list, such as tools: [getWeather].`);
  }
  checkOutput(options);
  checkWhole("correctionBudget", options.correctionBudget, 0);
  checkWhole("toolConcurrency", options.toolConcurrency, 1);
  checkWhole("toolCallsPerTurn", options.toolCallsPerTurn, 1);
  checkWhole("maxDepth", options.maxDepth, 1);
  loopDetectorOf(options.loopDetector);
  checkLimits(`createAgent "${options.name}"`, options.limits);
  checkRetry(options.retry ?? {});
  const { instructions } = options;
  if (instructions !== undefined && typeof instructions !== "string" && typeof instructions !== "function") {
    throw invalid(
      `createAgent "${options.name}": instructions is a text or a function that gives one, not a ${typeof instructions}.`,
    );
  }
}

/** @throws {AgentError} `invalid_option` */
export function checkRunOptions(agent: string, given: RunSettings): void {
  checkObject(`the run of "${agent}"`, given);
  const options = ownOptions(given);
  refuseUnknownKeys(`the run of "${agent}"`, options, RUN_KEYS);
  if (options.messages !== undefined) checkMessages(options.messages, "messages");
  const { signal, conversation } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalid(
      `the run of "${agent}": signal is no AbortSignal. Give the signal of an AbortController: { signal: controller.signal }.`,
    );
  }
  if (conversation !== undefined && (typeof conversation !== "string" || conversation === "")) {
    throw invalid(`the run of "${agent}": conversation is an id, a text that is not empty.`);
  }
  checkLimits(`the run of "${agent}"`, options.limits);
}

/** What kind of schema it is, is looked at when it is put to use. */
function checkOutput({ name, output }: { name: string; output?: unknown }): void {
  if (output === undefined || typeof output === "function") return; // schemas of arktype are functions
  if (typeof output === "object" && output !== null && !Array.isArray(output)) return;
  const what = output === null ? "null" : Array.isArray(output) ? "a list" : `a ${typeof output}`;
  throw invalid(
    `createAgent "${name}": output is ${what}, and takes a schema, such as z.object({ city: z.string() }). Leave it out for answers in text.`,
  );
}

function checkObject(where: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw invalid(`${where} takes an object of options, not ${options === null ? "null" : typeof options}.`);
}

function checkLimits(where: string, limits: RunLimits | undefined): void {
  if (limits === undefined) return;
  const checked = limitsSchema().safeParse(limits);
  if (checked.success) return;
  const [issue] = checked.error.issues;
  const path = ["limits", ...(issue?.path ?? [])].join(".");
  const fix = "Every limit is a positive number (counts are whole); leave one out to have its default.";
  throw invalid(`${where}: ${path}: ${issue?.message ?? "invalid"}. ${fix}`);
}

function checkWhole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw invalid(`createAgent: ${name} is a whole number from ${least}, not ${value}.`);
}

/**
 * The option with its defaults; undefined where it is off.
 * @throws {AgentError} `invalid_option`
 */
export function loopDetectorOf(option: AgentOptions["loopDetector"]): LoopDetector | undefined {
  if (option === false) return undefined;
  if (option !== undefined && (typeof option !== "object" || option === null)) {
    throw invalid("createAgent: loopDetector takes { warnAt, stopAt }, or false for none.");
  }
  refuseUnknownKeys("loopDetector of createAgent", option ?? {}, ["warnAt", "stopAt"]);
  const given = ownOptions(option ?? {});
  const { stopAt = DEFAULT_LOOP_DETECTOR.stopAt } = given;
  const { warnAt = Math.min(DEFAULT_LOOP_DETECTOR.warnAt, stopAt - 1) } = given;
  checkWhole("loopDetector.stopAt", stopAt, 2);
  checkWhole("loopDetector.warnAt", warnAt, 1);
  if (warnAt < stopAt) return { warnAt, stopAt };
  throw invalid(`createAgent: loopDetector.warnAt is below stopAt, and ${warnAt} is not below ${stopAt}.`);
}

function refuseUnknownKeys(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const habit = Object.hasOwn(HABITS, key) ? HABITS[key] : undefined;
    const advice =
      habit === undefined ? `It takes: ${known.filter((name) => name !== "reject").join(", ")}.` : `Use ${habit}.`;
    throw invalid(`${where} has no option "${key}". ${advice}`);
  }
}

function invalid(message: string): AgentError {
  return new AgentError("invalid_option", message);
}
