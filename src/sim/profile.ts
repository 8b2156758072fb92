import type { SimRefusal } from "./request.ts";

/**
 * Whom the simulator plays. `xai`: the API of xAI as its sources have it. `proxy`: a service that resells it under its
 * own key and speaks Anthropic's protocol beside it (xai-wire 1.7 and 3, "S2"). S2 is prose without recordings: how such a
 * service words its errors and frames its streams is not in it. There the simulator speaks as the client of the protocol
 * expects: OpenAI's nested errors, Anthropic's errors and framing. That part is a guess.
 */
export type SimProfile = "xai" | "proxy";

/** True for a path under which Anthropic's protocol is spoken. */
export function isMessagesPath(path: string): boolean {
  return /^(\/v1)?\/messages([/?]|$)/.test(path);
}

/**
 * A refusal as the profile words it. xAI's stays as it is, on `/v1/messages` too: no refusal of that route was ever
 * recorded, so that its own flat shape is the best guess. A script's own body is never touched.
 */
export function worded(refusal: SimRefusal, { profile, url }: { profile: SimProfile; url: string }): SimRefusal {
  if (profile === "xai" || refusal.verbatim === true || typeof refusal.body === "string") return refusal;
  return isMessagesPath(url) ? anthropic(refusal) : { ...refusal, body: openAI(refusal) };
}

/** What a flat body says, and its code. */
function said({ body }: SimRefusal): { code: string | null; message: string } {
  const { code, error } = body as { code?: unknown; error?: unknown }; // as: every body of the simulator is flat
  return { code: typeof code === "string" ? code : null, message: String(error) };
}

function openAI(refusal: SimRefusal): unknown {
  const { code, message } = said(refusal);
  return { error: { message, type: TYPES[refusal.status] ?? defaultType(refusal.status), param: null, code } };
}

/** Anthropic knows no 422: a body of the wrong shape is a 400 like any other invalid request. */
function anthropic(refusal: SimRefusal): SimRefusal {
  const status = refusal.status === 422 ? 400 : refusal.status;
  const type = TYPES[status] ?? defaultType(status);
  return { ...refusal, status, body: { type: "error", error: { type, message: said(refusal).message } } };
}

const defaultType = (status: number): string => (status >= 500 || status < 400 ? "api_error" : "invalid_request_error");

/** Anthropic's types of errors by status (its documentation of errors). */
const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};
