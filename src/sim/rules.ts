import { messagesRefusal } from "./message-rules.ts";
import type { SimModel } from "./models.ts";
import { invalid, type SimRefusal, type SimRequest } from "./request.ts";
import { formatRefusal } from "./schema-rules.ts";
import { statusRefusal } from "./status.ts";
import { toolsRefusal } from "./tool-rules.ts";
import { estimatePrompt } from "./usage.ts";

/** One rule: a refusal, or nothing to say. */
export type Rule = (request: SimRequest, model: SimModel) => SimRefusal | undefined;

/**
 * Why xAI would refuse this request, in the order it is looked at; `undefined` if it would not. Statuses and bodies are
 * those of xai-wire 1 and 5; where a source gives the fact but not the wording, the words are ours.
 */
export function requestRefusal(request: SimRequest, model: SimModel): SimRefusal | undefined {
  return firstRefusal(chatRules, request, model);
}

/** The first refusal that any of the rules has. */
export function firstRefusal(rules: readonly Rule[], request: SimRequest, model: SimModel): SimRefusal | undefined {
  for (const rule of rules) {
    const refusal = rule(request, model);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Live Search is dead: 410 (vercel/ai#15713). */
const liveSearch: Rule = (request) => {
  const isAsked = request.search_parameters !== undefined || request.web_search_options !== undefined;
  const hasTool = (request.tools ?? []).some((tool) => tool.type === "live_search");
  return isAsked || hasTool ? statusRefusal(410, request.model) : undefined;
};

const deferred: Rule = (request) =>
  request.deferred === true
    ? {
        status: 400,
        body: {
          code: "simulator:unsupported",
          error: "The simulator has no deferred completions: leave out `deferred`.",
        },
      }
    : undefined;

/** `[field, lowest, highest]`, both allowed; `top_p` alone excludes its lowest (OpenAPI `ChatRequest`). */
const ranges: readonly (readonly [field: string, low: number, high: number])[] = [
  ["temperature", 0, 2],
  ["top_p", 0, 1],
  ["n", 1, 128],
  ["top_logprobs", 0, 8],
  ["frequency_penalty", -2, 2],
  ["presence_penalty", -2, 2],
  ["max_tokens", 1, Number.MAX_SAFE_INTEGER],
  ["max_completion_tokens", 1, Number.MAX_SAFE_INTEGER],
];

const settingRanges: Rule = (request) => {
  for (const [field, low, high] of ranges) {
    const value = request[field];
    if (typeof value !== "number") continue;
    if (value < low || value > high || (field === "top_p" && value === 0)) {
      return invalid(`Invalid request content: ${field} is ${value}, and must be between ${low} and ${high}.`);
    }
  }
  return undefined;
};

/** Refused by reasoning models, worded as in lobehub#13332. */
const REASONING_REFUSES = { stop: "stop", frequency_penalty: "frequencyPenalty", presence_penalty: "presencePenalty" };

const reasoningSettings: Rule = (request, model) => {
  if (!model.reasoning) return undefined;
  const found = Object.entries(REASONING_REFUSES).find(([field]) => request[field] !== undefined);
  return found === undefined ? undefined : invalid(`Model ${model.id} does not support parameter ${found[1]}.`);
};

const stopCount: Rule = (request) =>
  (request.stop ?? []).length > 4
    ? invalid("Invalid request content: at most 4 stop sequences are allowed.")
    : undefined;

const effort: Rule = (request, model) => {
  const { reasoning_effort: asked } = request;
  if (asked === undefined) return undefined;
  if (model.efforts === undefined) return invalid(`Model ${model.id} does not support parameter reasoningEffort.`);
  if (model.efforts.includes(asked)) return undefined;
  return invalid(`Invalid reasoning_effort "${asked}" for model ${model.id}. It takes ${model.efforts.join(", ")}.`);
};

/** Worded as in the captures of 2026 (xai-wire 5.2). */
export const promptLength: Rule = (request, model) => {
  const tokens = estimatePrompt(request);
  if (tokens <= model.contextLength) return undefined;
  return invalid(
    `This model's maximum prompt length is ${model.contextLength} but the request contains ${tokens} tokens.`,
  );
};

/** Rules of both endpoints that answer with model output. */
export const commonRules: readonly Rule[] = [
  liveSearch,
  deferred,
  settingRanges,
  reasoningSettings,
  stopCount,
  effort,
  (request, model) => toolsRefusal(request, model),
  (request) => formatRefusal(request),
  promptLength,
];

const chatRules: readonly Rule[] = [...commonRules, (request) => messagesRefusal(request.messages)];
