import { type SimTurn, type Simulator, type SimulatorOptions, startSimulator } from "../../src/sim/index.ts";

/** The body of a chat request with one question. */
export function chat(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "grok-4.7", messages: [{ role: "user", content: "Hello" }], ...extra };
}

/** A function tool. All properties are required unless said otherwise. */
export function tool(name: string, properties: Record<string, unknown>, description = ""): Record<string, unknown> {
  const parameters = { type: "object", properties, required: Object.keys(properties) };
  return { type: "function", function: { name, description, parameters } };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape, and fail where it differs
export type Json = any;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, for answers that are JSON. */
  readonly json: Json;
}

/** Sends a chat request; a string is sent as it is. */
export function post(simulator: Simulator, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return postTo(simulator, "/chat/completions", body, headers);
}

async function postTo(
  simulator: Simulator,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply> {
  const response = await fetch(simulator.url + path, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json", authorization: `Bearer ${simulator.apiKey}`, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return readReply(response);
}

export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

/** Runs a test against a simulator and closes it. */
export async function withSimulator<T>(
  options: SimulatorOptions,
  run: (simulator: Simulator) => Promise<T>,
): Promise<T> {
  await using simulator = await startSimulator(options);
  return await run(simulator);
}

/** The answer to one request under a script of one turn. */
export function answer(turn: SimTurn, body: unknown = chat()): Promise<Reply> {
  return withSimulator({ script: [turn] }, (simulator) => post(simulator, body));
}

/** The data lines of a stream, `[DONE]` left out. */
export function chunksOf(text: string): Json[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: ") && line !== "data: [DONE]")
    .map((line) => JSON.parse(line.slice(6)));
}

/** The body of a Responses request with one question. */
export function ask(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "grok-4.7", input: [{ role: "user", content: "Hello" }], ...extra };
}

/** A function as the Responses API declares it. All properties are required. */
export function flatTool(name: string, properties: Record<string, unknown>, description = ""): Record<string, unknown> {
  const parameters = { type: "object", properties, required: Object.keys(properties) };
  return { type: "function", name, description, parameters };
}

/** Sends a Responses request; a string is sent as it is. */
export function respond(simulator: Simulator, body: unknown): Promise<Reply> {
  return postTo(simulator, "/responses", body, {});
}

/** The response to one request under a script of one turn. */
export function response(turn: SimTurn, body: unknown = ask()): Promise<Reply> {
  return withSimulator({ script: [turn] }, (simulator) => respond(simulator, body));
}

/** The events of a streamed response. */
export async function eventsOf(turn: SimTurn, extra: Record<string, unknown> = {}): Promise<Json[]> {
  return chunksOf((await response(turn, ask({ stream: true, ...extra }))).text);
}

/** The body of a Messages request with one question. */
export function say(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "grok-4.7", max_tokens: 100, messages: [{ role: "user", content: "Hello" }], ...extra };
}

/** A function as the Messages protocol declares it. All properties are required. */
export function namedTool(
  name: string,
  properties: Record<string, unknown>,
  description = "A tool.",
): Record<string, unknown> {
  return {
    name,
    description,
    input_schema: { type: "object", properties, required: Object.keys(properties) },
  };
}

/** Sends a Messages request; a string is sent as it is. */
export function speak(simulator: Simulator, body: unknown): Promise<Reply> {
  return postTo(simulator, "/messages", body, {});
}
