import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentError } from "../errors.ts";
import { createChatEndpoint } from "./endpoint.ts";
import { createSimFiles } from "./files.ts";
import { looksReal } from "./gate.ts";
import { createMessagesEndpoint } from "./messages-endpoint.ts";
import { foreignModels, type SimModel, simModels } from "./models.ts";
import { planTurn } from "./planner.ts";
import type { SimProfile } from "./profile.ts";
import type { SimRequest } from "./request.ts";
import { createResponsesEndpoint } from "./responses-endpoint.ts";
import { readScript, type SimScript, type SimTurn } from "./script.ts";
import { planResponse } from "./search-planner.ts";
import { type Exchange, type ServeOptions, serve } from "./serve.ts";

/** How a simulator is to behave. Everything is optional. */
export interface SimulatorOptions {
  /** What it answers. Default: a rule-based planner that calls the registered functions, searches, and answers from what it found. */
  readonly script?: SimScript;
  /**
   * Whom it plays. `xai` (default). `proxy`: a service that resells it: chunks with `message` and running usage, the
   * Messages route at the host root too, `x-api-key` on every route, errors as OpenAI and Anthropic word them, 401 for a
   * wrong key.
   */
  readonly profile?: SimProfile;
  /** TCP port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** The models it serves. Default: `simModels` and `foreignModels`; with `simModels` alone it is as strict as xAI. */
  readonly models?: readonly SimModel[];
  /** Milliseconds between the chunks of a stream, where a turn does not say. Default 0. */
  readonly pace?: number;
  /** The one key it takes. Default `sim_fairwitness`. Must not look like a real one. */
  readonly apiKey?: string;
  /** Longest request body, in bytes, before 413. Default 32 MiB; xAI's own limit is not known. */
  readonly maxBodyBytes?: number;
  /** HTTP statuses that the next requests to `/v1/responses/compact` are answered with, one each; then it serves them. Default none. */
  readonly refuseCompactions?: readonly number[];
}

/** A request the simulator was sent, refused or not. */
export interface SimRecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** By lower-case name; headers that may carry a key are left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON, as text where it is none, `undefined` where it was not read. */
  readonly body: unknown;
  /** HTTP status of the answer, once its headers are sent. */
  readonly status: number | undefined;
}

/** A running simulator. It says in every answer that it is one: `x-fairwitness-simulated: true`. */
export interface Simulator {
  /** The base URL to give to a client, with `/v1`. */
  readonly url: string;
  /** The same without a path: the base URL for clients of Anthropic's protocol, which add `/v1/messages`. */
  readonly origin: string;
  readonly profile: SimProfile;
  /** The key it takes; it starts with `sim_` unless set otherwise. */
  readonly apiKey: string;
  /** Every request so far, in order of arrival. Grows while it runs. */
  readonly requests: readonly SimRecordedRequest[];
  /** Scripted turns that no request has used yet; empty for the planner and for a function. */
  unused(): readonly SimTurn[];
  /** Stops listening and drops all connections. Safe to call twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const SECRET_HEADERS = new Set(["authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"]);

/**
 * Starts a simulated xAI API on 127.0.0.1: `POST /v1/chat/completions`, `POST /v1/responses` and `POST /v1/messages`, streamed and not;
 * `POST /v1/responses/compact`; `GET` and `DELETE /v1/responses/{id}` of what was stored; `/v1/files` and below; `GET /v1/models[/{id}]` and `GET /v1/language-models[/{id}]`.
 * @throws {AgentError} `invalid_option`: the port is taken or not allowed, `profile` is none, or `apiKey` looks like a real key.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const apiKey = options.apiKey ?? "sim_fairwitness";
  if (looksReal(apiKey)) {
    throw new AgentError(
      "invalid_option",
      `The simulator takes no real key: pass an apiKey that starts with "sim_", or none.`,
    );
  }
  const { profile = "xai" } = options;
  checkProfile(profile);
  const script = readScript(options.script ?? plan);
  const requests: SimRecordedRequest[] = [];
  const server = createSimServer(requests, {
    script,
    apiKey,
    profile,
    models: options.models ?? [...simModels, ...foreignModels],
    pace: options.pace ?? 0,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    chat: createChatEndpoint(profile),
    responses: createResponsesEndpoint(),
    messages: createMessagesEndpoint(profile),
    files: createSimFiles(),
    refuseCompactions: [...(options.refuseCompactions ?? [])],
  });
  const origin = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  const close = closer(server);
  const { unused } = script;
  return { url: `${origin}/v1`, origin, profile, apiKey, requests, unused, close, [Symbol.asyncDispose]: close };
}

/** For callers without types. */
function checkProfile(profile: string): void {
  if (profile === "xai" || profile === "proxy") return;
  throw new AgentError("invalid_option", `The simulator has no profile "${profile}". It has "xai" and "proxy".`);
}

/** The planner of the endpoint that was asked. */
function plan(request: SimRequest): SimTurn {
  return request.input === undefined ? planTurn(request) : planResponse(request);
}

function createSimServer(requests: SimRecordedRequest[], options: ServeOptions): Server {
  const server = createServer((request, response) => {
    const left = new AbortController();
    response.once("close", () => left.abort());
    response.setHeader("x-fairwitness-simulated", "true");
    response.setHeader("x-request-id", `sim_req_${requests.length}`);
    const onBody = record(requests, request, response);
    const exchange = { request, response, signal: left.signal, profile: options.profile, onBody };
    serve(exchange, options).catch((thrown: unknown) => endFailed(exchange, thrown));
  });
  return server.on("clientError", (_error, socket) => {
    // What is not HTTP at all is also answered with the label.
    if (socket.writable)
      socket.end("HTTP/1.1 400 Bad Request\r\nx-fairwitness-simulated: true\r\nconnection: close\r\n\r\n");
  });
}

/** Puts the request on the list at once, and hands back what adds the body when it is read. */
function record(
  requests: SimRecordedRequest[],
  request: IncomingMessage,
  response: ServerResponse,
): (body: unknown) => void {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    SECRET_HEADERS.has(name) || value === undefined ? [] : [[name, String(value)] as const],
  );
  let body: unknown;
  requests.push({
    method: request.method ?? "",
    path: request.url ?? "",
    headers: Object.fromEntries(headers),
    get body() {
      return body;
    },
    get status() {
      return response.headersSent ? response.statusCode : undefined;
    },
  });
  return (read) => {
    body = read;
  };
}

/** A client that has left needs no answer. Anything else is a mistake of the simulator, and says so. */
function endFailed(exchange: Exchange, thrown: unknown): void {
  if (exchange.signal.aborted) return;
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  const error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  exchange.response.writeHead(500, { "content-type": "application/json" });
  exchange.response.end(JSON.stringify({ code: "simulator:internal", error: `The simulator failed: ${error}` }));
}

async function listen(server: Server, port: number): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AgentError("invalid_option", `The simulator's port is a whole number from 0 to 65535, not ${port}.`);
  }
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(listenError(cause, port)));
    // Loopback only: the simulator must never be reachable from another machine.
    server.listen({ port, host: "127.0.0.1" }, () => {
      // As: a listening TCP server has an AddressInfo; only pipes have a string.
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, port: number): AgentError {
  const why = cause.code === "EADDRINUSE" ? "it is in use" : (cause.code ?? cause.message);
  return new AgentError(
    "invalid_option",
    `The simulator cannot listen on port ${port} of 127.0.0.1: ${why}. Pass another port, or none for any free one.`,
    { cause },
  );
}

function closer(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
}
