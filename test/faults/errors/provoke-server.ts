import { createClient } from "fairwitness";
import { type SimTurn, startSimulator } from "fairwitness/sim";
import { failureOf } from "../../wire/support.ts";

/** Brings about what a row of docs/errors.md tells of, and gives back the error. */
export type Provoke = () => Promise<unknown>;

const question = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;

interface Asked {
  turn?: SimTurn;
  apiKey?: string;
  keyRequired?: boolean;
  profile?: "proxy";
  maxBodyBytes?: number;
  attempts?: number;
  request?: object;
  api?: "responses";
}

/** The error of a request to a simulator that behaves so. */
async function asked(given: Asked): Promise<unknown> {
  const { turn, profile, maxBodyBytes, apiKey, keyRequired = true, attempts = 1, request = {}, api } = given;
  await using simulator = await startSimulator({
    ...(turn === undefined ? {} : { script: () => turn }),
    ...(profile === undefined ? {} : { profile }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  });
  const client = createClient({
    apiKey: apiKey ?? simulator.apiKey,
    keyRequired,
    baseURL: simulator.url,
    retry: { attempts },
  });
  const asking =
    api === "responses"
      ? client.responses.create({ model: "grok-4.7", input: "Lisbon?" })
      : client.chat.completions.create({ ...question, ...request });
  return await failureOf(asking);
}

const answered = (status: number, more: Partial<SimTurn> = {}): Provoke => {
  return () => asked({ turn: { status, ...more } });
};

const streamed = (data: unknown): Provoke => {
  return () => asked({ turn: { text: "Half an answer", errorEvent: { afterChunks: 1, data } } });
};

const CAPACITY = "The model is currently at capacity due to high demand. Please try again in a few minutes";
const OVERFLOW = "This model's maximum prompt length is 500000 but the request contains 620215 tokens.";

const UNKNOWN_VARIANT =
  "Failed to deserialize the JSON body into the target type: tools[0].type: unknown variant `web_search`, expected `function` or `live_search`";

export const SERVER: Readonly<Record<string, Provoke>> = {
  "The key is wrong": () => asked({ apiKey: "sim_wrong" }),
  "The key is wrong, at a proxy": () => asked({ apiKey: "sim_wrong", profile: "proxy" }),
  "A token has ended": answered(403, { body: { code: "unauthenticated:bad-credentials", error: "Bad token" } }),
  "No key was sent": () => asked({ apiKey: "", keyRequired: false }),
  "The team has no credits": answered(403),
  "Team or key is blocked": answered(403, {
    body: { code: "personal-team-blocked:spending-limit", error: "Blocked." },
  }),
  "No such model": () => asked({ request: { model: "grok-0" } }),
  "Live Search": answered(410),
  "A tool of xAI's on chat completions": answered(422, { body: { error: UNKNOWN_VARIANT } }),
  "The request is not right": () => asked({ request: { messages: [{ role: "user", content: [] }] } }),
  "The request is too large": () => asked({ maxBodyBytes: 100, request: { user: "x".repeat(200) } }),
  "The conversation is too long": answered(400, { body: { code: "invalid-argument", error: OVERFLOW } }),
  "Too many requests": answered(429),
  "Too many requests, and a wait of a day": () =>
    asked({ turn: { status: 429, headers: { "retry-after": "86400" } }, attempts: 3 }),
  "No capacity, as some proxies say it": answered(498),
  "No capacity": answered(529),
  "No capacity, in the middle of a stream": streamed({ type: "error", message: CAPACITY }),
  "No capacity, as JSON where a stream was to be": () => asked({ turn: { json200Error: true } }),
  "A limit of requests, in the middle of a stream": streamed({
    code: "resource-exhausted",
    error: "Too many requests",
  }),
  "The server is in trouble": answered(500),
  "A web page of the server's front": answered(520),
  "The front cannot reach its server over TLS": answered(525),
  "The response failed": () =>
    asked({ turn: { failed: { code: "server_error", message: "It broke." } }, api: "responses" }),
  "A status nobody knows": answered(418),
};
