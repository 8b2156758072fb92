import { z } from "zod";
import { checkContext } from "./agent-context.ts";
import type { AgentOptions, ReplaySettings, ResumeSettings, RunSettings } from "./agent-options.ts";
import { checkOtherRuns, checkStore } from "./agent-others.ts";
import { checkRetry } from "./client/index.ts";
import { AgentError } from "./errors.ts";
import type { RunLimits } from "./event/index.ts";
import { DEFAULT_LOOP_DETECTOR, type LoopDetector, type OnLimit } from "./loop/index.ts";
import { checkMessages } from "./message/index.ts";
import { ownOptions, withoutUndefined } from "./own.ts";

const AGENT_KEYS = [
  "name",
  "model",
  "api",
  "instructions",
  "tools",
  "output",
  "settings",
  "limits",
  "onLimit",
  "correctionBudget",
  "toolConcurrency",
  "toolCallsPerTurn",
  "loopDetector",
  "context",
  "maxDepth",
  "retry",
  "store",
  "leaseMs",
  "untrusted",
  "unknownOutcome",
  "allowPrivate",
  "runtime",
];
const RUN_KEYS = [
  "messages",
  "conversation",
  "onBusy",
  "branch",
  "effects",
  "waiting",
  "settings",
  "limits",
  "onLimit",
  "signal",
  "context",
  "reject",
];
const RESUME_KEYS = ["approvals", "limits", "onLimit", "changed", "waiting", "signal", "context"];
const REPLAY_KEYS = ["tools", "model", "instructions", "serverTools", "settings", "limits", "signal", "context"];
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
  compaction: "context",
  contextManagement: "context",
  contextWindow: "context.maxTokens",
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

const ON_LIMIT: readonly OnLimit[] = ["stop", "answer"];

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
  checkStore(options.name, options.store);
  checkWhole("correctionBudget", options.correctionBudget, 0);
  checkWhole("toolConcurrency", options.toolConcurrency, 1);
  checkWhole("toolCallsPerTurn", options.toolCallsPerTurn, 1);
  checkWhole("maxDepth", options.maxDepth, 1);
  checkWhole("leaseMs", options.leaseMs, 100);
  checkOneOf("createAgent: untrusted", options.untrusted, ["approve", "block", "allow"]);
  checkOneOf("createAgent: unknownOutcome", options.unknownOutcome, ["ask", "tell"]);
  checkOneOf("createAgent: onLimit", options.onLimit, ON_LIMIT);
  loopDetectorOf(options.loopDetector);
  checkContext(options.name, options.context);
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
export function checkRunOptions(agent: string, given: RunSettings, hasStore: boolean): void {
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
  const where = `the run of "${agent}"`;
  checkOneOf(`${where}: onBusy`, options.onBusy, ["reject", "queue", "steer"]);
  checkOneOf(`${where}: onLimit`, options.onLimit, ON_LIMIT);
  checkOneOf(`${where}: effects`, options.effects, ["rehearse"]);
  checkOneOf(`${where}: waiting`, options.waiting, ["stay", "leave"]);
  checkOtherRuns(where, options, hasStore);
}

/** @throws {AgentError} `invalid_option` */
export function checkResumeOptions(agent: string, given: ResumeSettings): void {
  const where = `resume of "${agent}"`;
  checkObject(where, given);
  const options = ownOptions(given);
  refuseUnknownKeys(where, options, RESUME_KEYS);
  const { signal, approvals } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid(`${where}: signal is no AbortSignal.`);
  if (approvals !== undefined && (typeof approvals !== "object" || approvals === null || Array.isArray(approvals))) {
    throw invalid(`${where}: approvals holds decisions by call id, such as { call_1: { approve: true } }.`);
  }
  checkLimits(where, options.limits);
  checkOneOf(`${where}: onLimit`, options.onLimit, ON_LIMIT);
  checkOneOf(`${where}: changed`, options.changed, ["refuse", "continue", "pin"]);
  checkOneOf(`${where}: waiting`, options.waiting, ["stay", "leave"]);
}

/** @throws {AgentError} `invalid_option` */
export function checkReplayOptions(agent: string, given: ReplaySettings): void {
  const where = `replay of "${agent}"`;
  checkObject(where, given);
  const options = ownOptions(given);
  refuseUnknownKeys(where, options, REPLAY_KEYS);
  if (options.tools === undefined) {
    throw invalid(
      `${where}: write tools: "recorded", which says that no tool runs and results come from the recording.`,
    );
  }
  checkOneOf(`${where}: tools`, options.tools, ["recorded"]);
  checkOneOf(`${where}: serverTools`, options.serverTools, ["none", "live"]);
  const { model, instructions, signal } = options;
  if (model !== undefined && (typeof model === "string" ? model === "" : typeof model?.stream !== "function")) {
    throw invalid(`${where}: model is a name such as "grok-4.7", or client.model("grok-4.7").`);
  }
  if (instructions !== undefined && (typeof instructions !== "string" || instructions === "")) {
    throw invalid(`${where}: instructions is a text that is not empty. Leave it out for the agent's own.`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid(`${where}: signal is no AbortSignal.`);
  checkLimits(where, options.limits);
}

function checkOneOf(where: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || (typeof value === "string" && allowed.includes(value))) return;
  throw invalid(
    `${where} is ${JSON.stringify(value)}. Write ${allowed.map((one) => JSON.stringify(one)).join(" or ")}.`,
  );
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
  const fix =
    issue?.code === "unrecognized_keys"
      ? "It takes: turns, toolCalls, serverTurns, tokens, costUsd, durationMs."
      : "Every limit is a positive number (counts are whole); leave one out to have its default.";
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
  refuseUnknownKeys("loopDetector of createAgent", option ?? {}, Object.keys(DEFAULT_LOOP_DETECTOR));
  const given = ownOptions(option ?? {});
  const { noProgress, emptyReply, callShapedText, stopAt } = { ...DEFAULT_LOOP_DETECTOR, ...withoutUndefined(given) };
  checkOneOf("createAgent: loopDetector.noProgress", noProgress, ["warn", "stop", "ignore"]);
  checkOneOf("createAgent: loopDetector.emptyReply", emptyReply, ["fail", "ask"]);
  checkOneOf("createAgent: loopDetector.callShapedText", callShapedText, ["correct", "warn", "ignore"]);
  const { warnAt = Math.min(DEFAULT_LOOP_DETECTOR.warnAt, stopAt - 1) } = given;
  checkWhole("loopDetector.stopAt", stopAt, 2);
  checkWhole("loopDetector.warnAt", warnAt, 1);
  if (warnAt < stopAt) return { warnAt, stopAt, noProgress, emptyReply, callShapedText };
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
