import { talkRefusal } from "./messages-talk-rules.ts";
import type { SimModel } from "./models.ts";
import type { Json } from "./output-item.ts";
import type { SimProfile } from "./profile.ts";
import { invalid, isRecord, type SimRefusal, type SimRequest } from "./request.ts";
import { commonRules, firstRefusal, type Rule } from "./rules.ts";

/**
 * What a body must not hold, looked at before it is seen as a chat request (xai-wire 3). xAI's list is that of OpenAPI: no
 * `thinking`, no `top_k`, no `cache_control`. That it refuses others is a guess, in the words it was seen to use for a field
 * of another dialect (openclaw#12910): a setting that does nothing should be noticed here. Anthropic refuses them so.
 */
export function fieldsRefusal(body: Json, profile: SimProfile): SimRefusal | undefined {
  if (body.thread !== undefined) return noThreads;
  const field = Object.keys(body).find((name) => !FIELDS[profile].has(name));
  if (field !== undefined)
    return invalid(profile === "xai" ? `Argument not supported: ${field}` : `${field}: Extra inputs are not permitted`);
  return profile === "xai" && hasCacheControl(body) ? invalid("Argument not supported: cache_control") : undefined;
}

/**
 * The tool runner of `@anthropic-ai/sdk` 1.11 first asks the server to keep the conversation. A server that would ignore
 * the field gets half a conversation next. By this answer, in Anthropic's shape on both profiles, it goes on without.
 */
const noThreads: SimRefusal = {
  status: 400,
  verbatim: true,
  body: {
    type: "error",
    error: {
      type: "invalid_request_error",
      message: "thread: this server keeps no message threads. Send the whole conversation.",
      details: { error_code: "thread_unsupported_request", unsupported: ["thread"] },
    },
  },
};

const OPENAPI = ["model", "max_tokens", "messages", "system", "stream", "tools", "tool_choice", "temperature", "top_p"];
const SHARED = [...OPENAPI, "stop_sequences", "metadata"];
const FIELDS: Readonly<Record<SimProfile, ReadonlySet<string>>> = {
  xai: new Set(SHARED),
  proxy: new Set([...SHARED, "top_k", "thinking", "cache_control", "service_tier", "output_config"]),
};

/** It may stand on tools, on the system's texts, and on blocks. */
function hasCacheControl({ tools, system, messages }: Json): boolean {
  const marked = (list: unknown): boolean =>
    Array.isArray(list) && list.some((entry) => isRecord(entry) && (entry.cache_control ?? null) !== null);
  const contents = Array.isArray(messages) ? messages.filter(isRecord).map(({ content }) => content) : [];
  return [tools, system, ...contents].some(marked);
}

/** Why the server would refuse this Messages request, in the order it is looked at. */
export function messagesRefusal(request: SimRequest, model: SimModel, profile: SimProfile): SimRefusal | undefined {
  return (
    firstRefusal([...(profile === "proxy" ? anthropicRules : []), ...commonRules], request, model) ??
    talkRefusal(request.talk ?? [], model, profile)
  );
}

const temperature: Rule = ({ temperature: value }) =>
  value !== undefined && value > 1 ? invalid("temperature: range: 0..1") : undefined;

/** Anthropic's rules for thinking by budget (its documentation, 2025), in its words as far as they are known. */
const thinkingBudget: Rule = ({ thinking, max_tokens: max = 0, tool_choice: choice }) => {
  if (!isRecord(thinking) || thinking.type !== "enabled") return undefined;
  const budget = Number(thinking.budget_tokens);
  if (budget < 1024) return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
  if (budget >= max) return invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  if (choice === "required" || typeof choice === "object")
    return invalid("Thinking may not be enabled when tool_choice forces tool use.");
  return undefined;
};

const anthropicRules: readonly Rule[] = [temperature, thinkingBudget];
