import { AgentError, type AgentErrorOptions, type ErrorCode } from "../errors.ts";
import { advise, classifyFault, classifyStatus } from "./classify.ts";
import { readFault, type ServerFault } from "./fault.ts";
import { formatWait, readRetryAfter } from "./retry-after.ts";

/** A server refused: with a status, or with an error in the body or the stream of an answer that began with 200. */
export class HttpError extends AgentError {
  override readonly name: string = "HttpError";
  readonly status: number;
  /** `x-request-id` of the answer: what xAI's support asks for. */
  readonly requestId: string | undefined;
  /** `code` of the body as the server spells it. */
  readonly serverCode: string | undefined;
  /** The parameter the server complains of. */
  readonly param: string | undefined;
  /** What an answer that failed on its way had used, as the wire says it. */
  readonly usage: unknown;
  /** A simulator said so, not xAI. */
  readonly simulated: boolean;

  constructor(code: ErrorCode, message: string, options: HttpErrorOptions) {
    super(code, message, options);
    this.status = options.status;
    this.requestId = options.requestId;
    this.serverCode = options.serverCode;
    this.param = options.param;
    this.usage = options.usage;
    this.simulated = options.simulated ?? false;
  }
}

export interface HttpErrorOptions extends AgentErrorOptions {
  status: number;
  requestId?: string | undefined;
  serverCode?: string | undefined;
  param?: string | undefined;
  usage?: unknown;
  simulated?: boolean;
}

/** The server points elsewhere. Never followed, never retried: key and prompt would go with the request. */
export class RedirectRefused extends AgentError {
  override readonly name: string = "RedirectRefused";
  /** The host it points to, and no more of the address; undefined when it did not say. */
  readonly target: string | undefined;

  constructor(host: string, status: number, target: string | undefined) {
    const where = target === undefined ? "without saying where" : `to ${target}`;
    super(
      "redirect_refused",
      `${host} answered ${status}, a redirect ${where}. Redirects are never followed: set the base URL to the right server.`,
    );
    this.target = target;
  }
}

/** What an error is told about the answer it comes from. */
export interface AnswerFacts {
  host: string;
  status: number;
  header(name: string): string | undefined;
  /** Takes secrets, and what looks like one, out of a text that is to be shown. */
  redact(text: string): string;
  /** Takes the secrets of the request out of what the server sent, before it is read. */
  hide(text: string): string;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** Longest text of a server that goes into a message. */
const MAX_SHOWN = 500;

/** The error for an answer with an error status, of which the body was read as far as it goes. */
export function httpError(facts: AnswerFacts, body: string): HttpError {
  const fault = readFault(body);
  const verdict = classifyStatus(facts.status, fault);
  const mayRetry = facts.header("x-should-retry")?.trim().toLowerCase() !== "false";
  const verb = `answered ${facts.status}`;
  return build(facts, fault, { ...verdict, retryable: verdict.retryable && mayRetry }, verb);
}

/** The error for a fault inside an answer that began with status 200. */
export function faultError(facts: AnswerFacts, fault: ServerFault): HttpError {
  return build(facts, fault, classifyFault(fault), "sent an error instead of the answer");
}

function build(
  facts: AnswerFacts,
  fault: ServerFault,
  verdict: { code: ErrorCode; retryable: boolean },
  verb: string,
): HttpError {
  const retryAfterMs = verdict.retryable ? readRetryAfter(facts.header, facts.nowMs) : undefined;
  const requestId = readRequestId(facts);
  const serverCode = fault.code === undefined ? undefined : shorten(facts.redact(fault.code));
  const parts = [
    `${facts.host} ${verb}${serverCode === undefined ? "" : ` (${serverCode})`}${fault.message === undefined ? "." : ":"}`,
    fault.message === undefined ? "" : endSentence(shorten(facts.redact(fault.message))),
    retryAfterMs === undefined ? "" : `It asks to wait ${formatWait(retryAfterMs)}.`,
    advise(verdict.code),
    requestId === undefined ? "" : `Request id ${requestId}.`,
  ];
  return new HttpError(verdict.code, parts.filter((part) => part !== "").join(" "), {
    status: facts.status,
    requestId,
    serverCode,
    param: fault.param === undefined ? undefined : shorten(facts.redact(fault.param)),
    usage: fault.usage,
    simulated: facts.header("x-fairwitness-simulated") !== undefined,
    retryable: verdict.retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** `x-request-id`, the older name of it, or what servers of the Messages protocol call it. */
export function readRequestId(facts: Pick<AnswerFacts, "header" | "redact">): string | undefined {
  const id = facts.header("x-request-id") ?? facts.header("xai-request-id") ?? facts.header("request-id");
  return id === undefined || id === "" ? undefined : facts.redact(id).slice(0, 200);
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function endSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
