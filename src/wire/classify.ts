import type { ErrorCode } from "../errors.ts";
import type { ServerFault } from "./fault.ts";

/** What kind of failure an answer is, and whether the same request may succeed later. */
export interface Verdict {
  code: ErrorCode;
  retryable: boolean;
}

/** Context overflow has no code of its own (grok-build matches all but the last, which Anthropic says where `max_tokens` no longer fits: claude-code#228). */
const OVERFLOW =
  /maximum prompt length|prompt is too long|too long for this model|maximum context length|context_length_exceeded|exceed context limit/i;
const WRONG_KEY =
  /incorrect api key|invalid api key|invalid_api_key|invalid x-api-key|bad-credentials|authentication_error/i;
const CAPACITY = /at capacity|high demand|overloaded|currently unavailable|timed out waiting for first token/i;
const RATE = /resource-exhausted|resource has been exhausted|rate.?limit|too many (requests|tokens)/i;

/** Statuses of which the meaning is known, as measured: wire document, section 5.2. */
const BY_STATUS: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [400, { code: "invalid_request", retryable: false }],
  [401, { code: "invalid_key", retryable: false }],
  // Nothing is left to pay with: `billing_error` of the Messages protocol (@anthropic-ai/sdk 1.11). xAI says 403 for it.
  [402, { code: "permission_denied", retryable: false }],
  [403, { code: "permission_denied", retryable: false }],
  [404, { code: "not_found", retryable: false }],
  [410, { code: "gone", retryable: false }],
  [413, { code: "invalid_request", retryable: false }],
  [415, { code: "invalid_request", retryable: false }],
  [422, { code: "unprocessable", retryable: false }],
  [429, { code: "rate_limited", retryable: true }],
  [498, { code: "overloaded", retryable: true }],
  // The server could not be spoken to over TLS: nothing we send again changes that.
  [525, { code: "server_error", retryable: false }],
  [526, { code: "server_error", retryable: false }],
  [529, { code: "overloaded", retryable: true }],
]);

/** An answer with an error status. */
export function classifyStatus(status: number, fault: ServerFault): Verdict {
  const text = `${fault.code ?? ""} ${fault.message ?? ""}`;
  const isRefusal = status >= 400 && status < 500 && status !== 429;
  if (isRefusal && OVERFLOW.test(text)) return { code: "context_overflow", retryable: false };
  // xAI answers a wrong key with 400, and a bad OAuth token with 403.
  if ((status === 400 || status === 403) && WRONG_KEY.test(text)) return { code: "invalid_key", retryable: false };
  if (status === 401 && /no.credentials/i.test(text)) return { code: "no_credentials", retryable: false };
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  return status >= 500 ? { code: "server_error", retryable: true } : { code: "http_status", retryable: false };
}

/**
 * Codes of the body where no status says what happened: gRPC names, as kebab case and as the older sentences, and the types of
 * the Messages protocol (`overloaded_error` and so on). Of those `api_error` and `timeout_error` are the server's trouble.
 */
const BY_CODE: readonly (readonly [RegExp, Verdict])[] = [
  [OVERFLOW, { code: "context_overflow", retryable: false }],
  [WRONG_KEY, { code: "invalid_key", retryable: false }],
  [/no-credentials/i, { code: "no_credentials", retryable: false }],
  [CAPACITY, { code: "overloaded", retryable: true }],
  [RATE, { code: "rate_limited", retryable: true }],
  [
    /invalid-argument|specified an invalid argument|invalid_request|request_too_large/i,
    { code: "invalid_request", retryable: false },
  ],
  [/permission|unauthenticated|billing_error/i, { code: "permission_denied", retryable: false }],
  [/not-found|not_found/i, { code: "not_found", retryable: false }],
];

/** An error inside an answer whose status was 200. What is not recognised is the server's trouble, and tried again. */
export function classifyFault(fault: ServerFault): Verdict {
  const status = Number(fault.code);
  if (status >= 400 && status < 600) return classifyStatus(status, fault);
  const text = `${fault.code ?? ""} ${fault.message ?? ""}`;
  return BY_CODE.find(([pattern]) => pattern.test(text))?.[1] ?? { code: "server_error", retryable: true };
}

/** What to do, for people. */
export function advise(code: ErrorCode): string {
  return ADVICE[code] ?? "See the message of the server.";
}

const ADVICE: { readonly [C in ErrorCode]?: string } = {
  invalid_request: "Mend the request: the server refuses it as it is.",
  invalid_key: "Check XAI_API_KEY, or make a new key at https://console.x.ai.",
  no_credentials: "Set XAI_API_KEY, or pass apiKey.",
  permission_denied: "Check the credits, limits and permissions of key and team at https://console.x.ai.",
  not_found: "Check the model name and the base URL; models.list() shows what this key may use.",
  gone: "This was switched off for good: Live Search became the Agent Tools (web_search and x_search on the Responses API).",
  unprocessable:
    "The server cannot read the request: server tools need the Responses API, other fields their exact type.",
  context_overflow: "Shorten the conversation, or use a model with a longer context.",
  rate_limited: "Send less at a time, or raise the limits of the team at https://console.x.ai.",
  overloaded: "The server is at capacity: try again later.",
  server_error: "The trouble is on the server's side: try again, and quote the request id if it stays.",
  http_status: "The server gave no reason we know: check the base URL.",
};
