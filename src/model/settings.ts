import { AgentError } from "../errors.ts";
import { type ModelFacts, mayReason, NEWEST_MODEL, presumeModel } from "./capabilities.ts";
import type { ModelSettings, ReasoningEffort } from "./model.ts";

type Rule = { fits: (value: unknown) => boolean; want: string };

const EFFORTS: readonly ReasoningEffort[] = ["none", "low", "medium", "high", "xhigh"];
const INT32_MAX = 2 ** 31 - 1;

const between =
  (low: number, high: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && value >= low && value <= high;
const wholeBetween =
  (low: number, high: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && between(low, high)(value);
const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

const isStop = (value: unknown): boolean => Array.isArray(value) && value.length <= 4 && value.every(isText);
const isEffort = (value: unknown): boolean => EFFORTS.some((effort) => effort === value);
const isToolChoice = (value: unknown): boolean =>
  value === "auto" ||
  value === "none" ||
  value === "required" ||
  (typeof value === "object" && value !== null && "tool" in value && isText(value.tool));

/** @see OpenAPI "xAI's REST API" 1.0.0, ChatRequest, read 2026-11-20 */
const RULES: { readonly [Name in keyof Required<ModelSettings>]: Rule } = {
  temperature: { fits: between(0, 2), want: "a number from 0 to 2" },
  topP: { fits: (value) => between(0, 1)(value) && value !== 0, want: "a number above 0 and up to 1" },
  maxOutputTokens: { fits: wholeBetween(1, INT32_MAX), want: "a whole number of tokens, at least 1" },
  frequencyPenalty: { fits: between(-2, 2), want: "a number from -2 to 2" },
  presencePenalty: { fits: between(-2, 2), want: "a number from -2 to 2" },
  stop: { fits: isStop, want: "a list of at most 4 texts that are not empty" },
  seed: { fits: wholeBetween(-INT32_MAX - 1, INT32_MAX), want: "a whole number of 32 bits" },
  reasoningEffort: { fits: isEffort, want: `one of ${EFFORTS.join(", ")}` },
  toolChoice: { fits: isToolChoice, want: `"auto", "none", "required" or { tool: "its name" }` },
  parallelToolCalls: { fits: (value) => typeof value === "boolean", want: "true or false" },
  user: { fits: isText, want: "a text that is not empty" },
  citations: { fits: (value) => value === "inline" || value === "annotations", want: '"inline" or "annotations"' },
};

/** Names people know from elsewhere. */
const HABITS: Readonly<Record<string, string>> = {
  top_p: "topP",
  max_tokens: "maxOutputTokens",
  maxTokens: "maxOutputTokens",
  max_completion_tokens: "maxOutputTokens",
  frequency_penalty: "frequencyPenalty",
  presence_penalty: "presencePenalty",
  stopSequences: "stop",
  reasoning_effort: "reasoningEffort",
  tool_choice: "toolChoice",
  parallel_tool_calls: "parallelToolCalls",
};

/**
 * Checks settings before anything is sent. A `grok-…` that is not known is taken to be like the newest model; of a model of
 * anybody else only the ranges are checked.
 * @throws {AgentError} `invalid_option` for a setting that does not exist or is out of range, `unsupported_setting` for
 * one that the model is known to refuse, naming both.
 */
export function checkSettings(model: string, settings: ModelSettings): void {
  const set = Object.entries(settings);
  if (set.length === 0) return; // the rule, in each turn
  for (const [name, value] of set) {
    if (value === undefined) continue;
    checkValue(name, value);
  }
  checkEffort(model, settings.reasoningEffort);
  checkRefused(model, settings);
}

function checkValue(name: string, value: unknown): void {
  if (!isSettingName(name)) {
    const right = Object.hasOwn(HABITS, name) ? HABITS[name] : undefined;
    const advice = right === undefined ? `Settings: ${Object.keys(RULES).join(", ")}.` : `Write ${right}.`;
    throw new AgentError("invalid_option", `There is no setting ${JSON.stringify(name)}. ${advice}`);
  }
  const rule = RULES[name];
  if (rule.fits(value)) return;
  throw new AgentError("invalid_option", `settings.${name} is ${show(value)}. Give ${rule.want}, or leave it out.`);
}

function isSettingName(name: string): name is keyof ModelSettings {
  return Object.hasOwn(RULES, name);
}

function show(value: unknown): string {
  if (typeof value === "number") return String(value);
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

function checkEffort(model: string, effort: ReasoningEffort | undefined): void {
  if (effort === undefined) return;
  const facts = presumeModel(model);
  const { efforts } = facts ?? {};
  if (efforts === undefined || efforts.includes(effort)) return;
  const advice =
    efforts.length === 0
      ? "Leave it out: whether this model reasons is part of its name."
      : `It takes ${efforts.join(", ")}; leave it out for the model's own default.`;
  const off =
    effort === "none" && efforts.length > 0 ? ' Reasoning cannot be switched off here: "low" is the least.' : "";
  const message = `${model} refuses settings.reasoningEffort ${JSON.stringify(effort)}. ${advice}${off}${presumed(facts)}`;
  throw new AgentError("unsupported_setting", message);
}

function checkRefused(model: string, settings: ModelSettings): void {
  const facts = presumeModel(model);
  const { refused } = facts ?? {};
  // What a model takes that could reason and was told not to is not documented: let xAI decide.
  if (refused === undefined || !mayReason(model, settings.reasoningEffort)) return;
  for (const name of refused) {
    if (!isSent(settings[name])) continue;
    const message = `${model} refuses settings.${name}, as models that reason do. Leave it out, or use grok-4.20-0309-non-reasoning.${presumed(facts)}`;
    throw new AgentError("unsupported_setting", message);
  }
}

/** On what the refusal rests, where it does not rest on knowledge. */
function presumed(facts: ModelFacts | undefined): string {
  if (facts?.assumed !== true) return "";
  return ` ${facts.id} is not known here (facts of ${facts.asOf}): it is taken to be like ${NEWEST_MODEL}.`;
}

/** An empty list of stops says nothing and is not sent. */
function isSent(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
