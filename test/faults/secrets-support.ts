import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";

/** Secrets, as a program holds them. The watch over the suite's output knows how they begin (test/project/canaries.ts). */
export const KEY = "sim_canary_key_5c1f0a77e2";
export const HEADER = "sim_canary_header_90d1be44aa";
export const REQUEST_HEADER = "sim_canary_request_77aa01ef12";
export const MCP_TOKEN = "sim_canary_mcp_3b9e8d21c5";
export const MCP_HEADER = "sim_canary_mcpheader_61aa92f0";
export const TOOL_SECRET = "sim_canary_tool_0f5d2c9e88";

const PLANTED = /sim_canary\w*/g;

/** The planted secrets in a text. */
export function secretsIn(text: string): readonly string[] {
  return [...new Set(text.match(PLANTED))];
}

/** Everything that printing, logging or storing a value may show of it, its causes included. */
export function everythingOf(value: unknown): string {
  const options = { depth: Infinity, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null };
  const texts = [inspect(value, options), asJson(value), String(value)];
  for (let error = value; error instanceof Error; error = error.cause) {
    texts.push(inspect(error, options), asJson(error), String(error), error.stack ?? "", error.message);
  }
  return texts.join("\n");
}

/** Functions and the like have no JSON. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}

/** How a server answers that gives back what it was sent: `echo` holds the headers and the body of the request. */
export type Echoing = (response: ServerResponse, echo: string, request: IncomingMessage) => void;

export interface EchoServer extends AsyncDisposable {
  readonly url: string;
  /** What was asked for, path and query. */
  readonly paths: readonly string[];
}

export async function echoServer(answer: Echoing): Promise<EchoServer> {
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    paths.push(request.url ?? "");
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    answer(response, `${JSON.stringify(request.headers)} ${body}`, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `http://127.0.0.1:${port}/v1`,
    paths,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const sse = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": KEY });
  response.end(text);
};

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json", "x-request-id": KEY });
  response.end(JSON.stringify(body));
};

/** Answers that end in an error, each holding all that was sent. */
export const REFUSALS: Readonly<Record<string, Echoing>> = {
  "401, flat": (response, echo) => json(response, 401, { code: echo, error: `Incorrect API key provided: ${echo}` }),
  "403, nested": (response, echo) =>
    json(response, 403, { error: { message: echo, code: echo, param: echo, type: echo }, usage: { echo } }),
  "400, as text": (response, echo) => response.writeHead(400, { "content-type": "text/plain" }).end(echo),
  "500, as a page": (response, echo) =>
    response.writeHead(500, { "content-type": "text/html" }).end(`<html><title>${echo}</title></html>`),
  "422, JSON in JSON": (response, echo) =>
    json(response, 422, { error: JSON.stringify({ error: { message: echo, code: echo } }) }),
  "a redirect": (response) => response.writeHead(307, { location: `https://${KEY}.example/?key=${HEADER}` }).end(),
  "a content type": (response, echo) => response.writeHead(200, { "content-type": `text/${KEY}` }).end(echo),
  "JSON that is no answer": (response, echo) => json(response, 200, { hello: echo }),
  "JSON that is an error": (response, echo) => json(response, 200, { code: echo, error: echo }),
  "broken JSON": (response, echo) =>
    response.writeHead(200, { "content-type": "application/json" }).end(`{"${echo.replaceAll('"', "")}`),
  "an error in the stream": (response, echo) =>
    sse(response, `data: ${JSON.stringify({ code: echo, error: echo })}\n\n`),
  "an error event": (response, echo) =>
    sse(response, `event: error\ndata: ${JSON.stringify({ type: "error", error: { message: echo, type: echo } })}\n\n`),
  "an error event that is no JSON": (response, echo) => sse(response, `event: error\ndata: ${echo}\n\n`),
  "a broken event": (response, echo) => sse(response, `data: {"${echo}\n\n`),
  "a stream that ends": (response, echo) =>
    sse(response, `: ${echo}\n\nevent: ${KEY}\ndata: ${JSON.stringify({ echo })}\n\n`),
  "no HTTP": (response, echo) => response.socket?.end(`HTTP/1.1 ${echo}\r\n${echo}: ${echo}\r\n\r\n`),
  "broken headers": (response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${KEY} ${HEADER}\r\n\r\n`),
  "broken chunks": (response) =>
    response.socket?.end(
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${KEY}\r\n`,
    ),
};
