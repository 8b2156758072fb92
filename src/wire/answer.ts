import { AgentError } from "../errors.ts";
import { collectText } from "./body.ts";
import { faultError } from "./errors.ts";
import { findFault, looksLikeHtml } from "./fault.ts";
import { ERROR_BODY_MS, type HttpAnswer } from "./http.ts";

/** Largest JSON answer, bytes. */
const MAX_JSON_BODY = 16 * 1024 * 1024;

/**
 * Reads a JSON answer whole.
 * @throws {AgentError} `unexpected_content_type`, `event_too_large`, `stream_incomplete` when it is empty, `malformed_event`, or the
 * error it holds.
 */
export async function readJson(answer: HttpAnswer): Promise<unknown> {
  const { facts } = answer;
  answer.limit();
  const { text, isWhole } = await collectText(answer.body, MAX_JSON_BODY);
  if (!isWhole) throw new AgentError("event_too_large", `${facts.host} sent a JSON answer of more than 16 MiB.`);
  if (!isJson(answer.contentType) && answer.contentType !== "") throw unexpectedContent(answer, text);
  if (text.trim() === "") {
    throw new AgentError("stream_incomplete", `${facts.host} sent an empty answer. Try again.`, { retryable: true });
  }
  return parseJson(answer, facts.hide(text));
}

function parseJson(answer: HttpAnswer, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { host } = answer.facts;
    const message = `${host} sent an answer that is not whole JSON (${text.length} characters). Try again.`;
    throw new AgentError("malformed_event", message, { retryable: true, cause: withoutText(cause) });
  }
}

/** Errors of `JSON.parse` quote what they could not read: only their kind is kept. */
export function withoutText(error: unknown): string {
  return error instanceof Error ? error.name : "parse error";
}

export function isJson(contentType: string): boolean {
  return contentType === "application/json" || contentType.endsWith("+json");
}

/** The error for an answer of another kind than asked for: a login page, a proxy's notice. */
export function unexpectedContent(answer: HttpAnswer, text: string): AgentError {
  const { facts, contentType } = answer;
  const said = contentType === "" ? "no content type" : `content type ${facts.redact(contentType).slice(0, 80)}`;
  const shown = looksLikeHtml(text) ? "a web page" : JSON.stringify(facts.redact(text).slice(0, 200));
  return new AgentError(
    "unexpected_content_type",
    `${facts.host} answered ${facts.status} with ${said}: ${shown}. Check the base URL, and whether a proxy or login page is in the way.`,
  );
}

/** The first characters of a body, for an error message: what of them cannot be had is no error of its own. */
export async function readExcerpt(answer: HttpAnswer): Promise<string> {
  answer.limit(ERROR_BODY_MS);
  try {
    return (await collectText(answer.body, 4096)).text;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return "";
  }
}

/** Throws the error that a JSON answer is or holds. */
export function throwFault(answer: HttpAnswer, json: unknown): void {
  const fault = findFault(json);
  if (fault !== undefined) throw faultError(answer.facts, fault);
}
