import type { SimModel } from "./models.ts";
import { invalid, type SimRefusal, type SimRequest } from "./request.ts";
import { hostedRefusal } from "./responses-hosted-rules.ts";
import { aloneRefusal, inputRefusal } from "./responses-input-rules.ts";
import { commonRules, firstRefusal, type Rule } from "./rules.ts";

/** Why xAI would refuse this Responses request, in the order it is looked at (xai-wire 2, 5). */
export function responsesRefusal(request: SimRequest, model: SimModel): SimRefusal | undefined {
  return firstRefusal(rules, request, model);
}

/** Fields of chat completions that this endpoint does not have (xai-wire 2.1), refused in the words of openclaw#12910. */
const FOREIGN = [
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "n",
  "logit_bias",
  "frequency_penalty",
  "presence_penalty",
  "deferred",
];

const foreignFields: Rule = (request) => {
  const field = FOREIGN.find((name) => request[name] !== undefined);
  return field === undefined ? undefined : invalid(`Argument not supported: ${field}`);
};

/** Neither runs in the background nor truncates; saying that it does not is no request for it. */
const unsupportedModes: Rule = (request) => {
  if (request.background === true) return invalid("Argument not supported: background");
  if (request.truncation === "auto") return invalid("Argument not supported: truncation");
  return undefined;
};

const instructions: Rule = (request) =>
  request.instructions !== undefined && request.previous_response_id !== undefined
    ? invalid("Invalid request content: instructions cannot be used together with previous_response_id.")
    : undefined;

const minimums: Rule = (request) => {
  const field = ["max_output_tokens", "max_turns", "top_k"].find((name) => Number(request[name]) < 1);
  return field === undefined ? undefined : invalid(`Invalid request content: ${field} must be at least 1.`);
};

const rules: readonly Rule[] = [
  foreignFields,
  unsupportedModes,
  instructions,
  minimums,
  (request) => hostedRefusal(request),
  ...commonRules,
  (request, model) => inputRefusal(request, model),
  aloneRefusal,
];
