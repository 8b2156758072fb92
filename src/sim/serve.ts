import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { errorMessage } from "../errors.ts";
import type { Answer } from "./answer.ts";
import { attachmentRefusal } from "./attachments.ts";
import { writeBody } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import type { SimFiles } from "./files.ts";
import { answerFiles } from "./files-serve.ts";
import { type FileRoute, type Gate, isFileRoute, keyRefusal, type LookupRoute, routeOf } from "./gate.ts";
import { findModel, languageModelJson, modelJson, type SimModel } from "./models.ts";
import { isMessagesPath, type SimProfile, worded } from "./profile.ts";
import { readBody } from "./read-body.ts";
import type { SimRefusal, SimRequest } from "./request.ts";
import type { ResponsesEndpoint } from "./responses-endpoint.ts";
import type { ScriptReader, SimTurn } from "./script.ts";
import { statusRefusal } from "./status.ts";
import { type Frame, frameText, streamFrames } from "./stream.ts";

/** What the server needs to know to answer. */
export interface ServeOptions extends Gate {
  readonly script: ScriptReader;
  readonly models: readonly SimModel[];
  /** Milliseconds between chunks where a turn does not say. */
  readonly pace: number;
  readonly chat: Endpoint;
  readonly responses: ResponsesEndpoint;
  readonly messages: Endpoint;
  readonly files: SimFiles;
  /** HTTP statuses that the next compactions are answered with; each is used once. */
  readonly refuseCompactions: number[];
}

/** Who is answered, and with what bytes that have arrived so far. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the client leaves or the simulator closes. */
  readonly signal: AbortSignal;
  readonly profile: SimProfile;
  /** Called with the request body as soon as it is read as JSON, or as text where it is none. */
  readonly onBody: (body: unknown) => void;
}

/** Answers one HTTP request. Rejects only with the reason of `signal`. */
export async function serve(exchange: Exchange, options: ServeOptions): Promise<void> {
  const { method = "", url = "/", headers } = exchange.request;
  // The header by which Anthropic's servers name a request, and which its client reads.
  if (isMessagesPath(url)) exchange.response.setHeader("request-id", exchange.response.getHeader("x-request-id") ?? "");
  const route = routeOf(method, url, options);
  if ("status" in route) return refuse(exchange, route);
  const refusal = keyRefusal(headers, url, options);
  if (refusal !== undefined) return refuse(exchange, refusal);
  if (route.name === "chat" || route.name === "responses" || route.name === "messages")
    return serveAnswer(exchange, options, options[route.name]);
  if (route.name === "compact") return serveCompaction(exchange, options);
  if (isFileRoute(route)) return serveFiles(exchange, route, options.files);
  const found = lookUp(route, method, options);
  if (found.status >= 400) return refuse(exchange, found);
  send(exchange, found.status, found.body);
}

async function serveFiles(exchange: Exchange, route: FileRoute, files: SimFiles): Promise<void> {
  const answer = await answerFiles(exchange, route, files);
  if ("bytes" in answer) {
    startBody(exchange.response, "application/octet-stream");
    exchange.response.end(answer.bytes);
    return;
  }
  if (answer.status >= 400) return refuse(exchange, answer);
  send(exchange, answer.status, answer.body);
}

/** What is read or deleted, and not answered by the model. xAI shows its own models alone, and a proxy all it serves. */
function lookUp(
  route: LookupRoute,
  method: string,
  { models, responses, profile }: ServeOptions,
): { status: number; body: unknown } {
  const shown = models.filter(({ owner }) => profile === "proxy" || owner === undefined);
  if (route.name === "models") return { status: 200, body: { object: "list", data: shown.map(modelJson) } };
  if (route.name === "language-models") return { status: 200, body: { models: shown.map(languageModelJson) } };
  if (route.name === "response") return method === "DELETE" ? responses.delete(route.id) : responses.get(route.id);
  const model = findModel(shown, route.id);
  if (model === undefined) return statusRefusal(404, route.id);
  return { status: 200, body: route.name === "model" ? modelJson(model) : languageModelJson(model) };
}

/** A script has no turn for it: a conversation is made short, and nobody speaks. */
async function serveCompaction(exchange: Exchange, options: ServeOptions): Promise<void> {
  const { compaction } = options.responses;
  const accepted = await accept(exchange, options, compaction);
  if ("status" in accepted) return refuse(exchange, accepted);
  const { request, model } = accepted;
  const status = options.refuseCompactions.shift();
  if (status !== undefined) return refuse(exchange, statusRefusal(status, request.model));
  send(exchange, 200, compaction.body(request, model));
}

/** Reads a request to a model, or says why it is refused. */
async function accept(
  exchange: Exchange,
  options: ServeOptions,
  endpoint: Pick<Endpoint, "decode" | "refusal">,
): Promise<{ request: SimRequest; model: SimModel } | SimRefusal> {
  const text = await readBody(exchange.request, options);
  if (typeof text !== "string") return text;
  const decoded = endpoint.decode(text, exchange.onBody);
  if ("status" in decoded) return decoded;
  const { request } = decoded;
  const model = findModel(options.models, request.model);
  if (model === undefined) return statusRefusal(404, request.model);
  return endpoint.refusal(request, model) ?? attachmentRefusal(request, options.files) ?? { request, model };
}

async function serveAnswer(exchange: Exchange, options: ServeOptions, endpoint: Endpoint): Promise<void> {
  const accepted = await accept(exchange, options, endpoint);
  if ("status" in accepted) return refuse(exchange, accepted);
  const { request, model } = accepted;
  const next = await nextTurn(options.script, request);
  if ("status" in next) return refuse(exchange, next);
  await answerTurn(exchange, { ...next, request, model, endpoint }, options);
}

/** The turn to answer with. A script that has none, or that fails, is told in a 400: a retry would not help. */
async function nextTurn(
  script: ScriptReader,
  request: SimRequest,
): Promise<{ turn: SimTurn; index: number } | SimRefusal> {
  try {
    const { turn, index } = await script.next(request);
    if (turn !== undefined) return { turn, index };
    return simRefusal(
      "no-turn",
      `The simulator's script has no turn for request number ${index} (counted from 0). Add one, or send fewer requests.`,
    );
  } catch (thrown) {
    return simRefusal("script-failed", `The simulator's script function threw: ${errorMessage(thrown)}`);
  }
}

function simRefusal(code: string, error: string): SimRefusal {
  return { status: 400, body: { code: `simulator:${code}`, error } };
}

async function answerTurn(
  exchange: Exchange,
  given: { request: SimRequest; turn: SimTurn; model: SimModel; index: number; endpoint: Endpoint },
  options: ServeOptions,
): Promise<void> {
  const { turn } = given;
  if (turn.delayMs !== undefined) await wait(turn.delayMs, undefined, { signal: exchange.signal });
  for (const [name, value] of Object.entries(turn.headers ?? {})) exchange.response.setHeader(name, value);
  const instead = turnRefusal(turn, given.request);
  if (instead !== undefined) return refuse(exchange, instead);
  const { endpoint, ...asked } = given;
  const answer: Answer = { ...asked, id: answerId(given.index), created: Math.floor(Date.now() / 1000) };
  if (given.request.stream === true) {
    const frames = streamFrames(turn, { own: () => endpoint.chunks(answer), framing: endpoint.framing(turn) });
    return stream(exchange, frames, { turn, delayMs: turn.chunkDelayMs ?? options.pace });
  }
  startBody(exchange.response, "application/json");
  const body = writeBody(exchange.response, turn, exchange.signal);
  await body.write(JSON.stringify(endpoint.body(answer)));
  body.end();
}

/** What a turn answers with instead of model output, if anything. */
function turnRefusal(turn: SimTurn, request: SimRequest): SimRefusal | undefined {
  if (turn.redirect !== undefined) return { status: 307, body: "", headers: { location: turn.redirect } };
  if (turn.body !== undefined) return { status: turn.status ?? 200, body: turn.body, verbatim: true };
  if (turn.status !== undefined) return statusRefusal(turn.status, request.model);
  if (turn.json200Error === undefined) return undefined;
  const own = { code: "The service is currently unavailable", error: "Timed out waiting for first token" };
  return turn.json200Error === true
    ? { status: 200, body: own }
    : { status: 200, body: turn.json200Error, verbatim: true };
}

async function stream(
  exchange: Exchange,
  frames: readonly Frame[],
  { turn, delayMs }: { turn: SimTurn; delayMs: number },
): Promise<void> {
  startBody(exchange.response, "text/event-stream");
  const body = writeBody(exchange.response, turn, exchange.signal);
  for (const [at, frame] of frames.entries()) {
    if (at > 0 && delayMs > 0) await wait(delayMs, undefined, { signal: exchange.signal });
    if (!(await body.write(frameText(frame)))) return;
  }
  body.end();
}

/** A UUID that tells the request's number, so that runs of a test are alike. */
export function answerId(index: number): string {
  return `51300000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
}

function refuse(exchange: Exchange, found: SimRefusal): void {
  const refusal = worded(found, { profile: exchange.profile, url: exchange.request.url ?? "/" });
  for (const [name, value] of Object.entries(refusal.headers ?? {})) exchange.response.setHeader(name, value);
  send(exchange, refusal.status, refusal.body);
}

/** Sends a body whole: JSON, or text as it is where a script says so. */
function send(exchange: Exchange, status: number, body: unknown): void {
  // A body that nobody reads must still be drained, or the client may see a reset instead of the refusal.
  exchange.request.resume();
  const isText = typeof body === "string";
  const type = !isText ? "application/json" : body.startsWith("<") ? "text/html" : "text/plain";
  startBody(exchange.response, type, status);
  exchange.response.end(isText ? body : JSON.stringify(body));
}

/** Sends the headers. A content type that a script has set stays. */
function startBody(response: ServerResponse, type: string, status = 200): void {
  if (!response.hasHeader("content-type")) response.setHeader("content-type", type);
  response.writeHead(status);
  response.flushHeaders();
}
