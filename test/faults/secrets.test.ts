import { inspect } from "node:util";
import {
  AgentError,
  type Client,
  createAgent,
  createClient,
  defineTool,
  type Model,
  remoteMcp,
  type Transport,
} from "fairwitness";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { failureOf } from "../wire/support.ts";
import {
  echoServer,
  everythingOf,
  HEADER,
  KEY,
  MCP_HEADER,
  MCP_TOKEN,
  REFUSALS,
  REQUEST_HEADER,
  secretsIn,
  TOOL_SECRET,
} from "./secrets-support.ts";

const messages = [{ role: "user", content: "Lisbon?" }] as const;
const options = { headers: { "x-proxy-auth": REQUEST_HEADER } };

/** One request on each protocol. */
const REQUESTS: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  chat: (client) => client.chat.completions.create({ model: "grok-4.7", messages }, options),
  responses: (client) => client.responses.create({ model: "grok-4.7", input: "Lisbon?" }, options),
  messages: (client) => client.messages.create({ model: "grok-4.7", max_tokens: 9, messages }, options),
  models: (client) => client.models.list(options),
  files: (client) => client.files.list(options),
};

const clientOf = (baseURL: string, more: object = {}): Client =>
  createClient({
    apiKey: KEY,
    baseURL,
    auth: "both",
    headers: { "x-team-token": HEADER },
    retry: { attempts: 1 },
    ...more,
  });

const mcp = remoteMcp({
  url: "https://mcp.example.com/mcp",
  label: "orders",
  authorization: `Bearer ${MCP_TOKEN}`,
  headers: { "x-mcp-key": MCP_HEADER },
});

describe("a server that echoes all that it is sent", () => {
  const cases = Object.keys(REFUSALS).flatMap((refusal) => Object.keys(REQUESTS).map((api) => [refusal, api] as const));

  test.each(cases)("in %s, on %s, gets no secret into the error or its causes (rows 31, 112)", async (refusal, api) => {
    await using server = await echoServer(REFUSALS[refusal] ?? (() => {}));
    const error = await failureOf(REQUESTS[api]?.(clientOf(server.url)) ?? Promise.resolve());
    expect(error).toBeInstanceOf(AgentError);
    expect(secretsIn(everythingOf(error))).toEqual([]);
  });

  test.each(Object.keys(REFUSALS))("in %s, gets no secret of an MCP server into a run (row 112)", async (refusal) => {
    await using server = await echoServer(REFUSALS[refusal] ?? (() => {}));
    const model = clientOf(server.url).model("grok-4.7");
    const agent = createAgent({
      name: "t",
      model,
      tools: [mcp],
      retry: { attempts: 2, connectionBaseMs: 0, baseMs: 0 },
    });
    const run = agent.stream("Lisbon?");
    const seen: unknown[] = [];
    for await (const event of run) seen.push(event);
    const error = await failureOf(agent.run("Lisbon?"));
    expect(error).toBeInstanceOf(AgentError);
    const shown = [
      everythingOf(seen),
      everythingOf(await run.result()),
      everythingOf(error),
      (await run.result()).report(),
    ];
    expect(secretsIn(shown.join("\n"))).toEqual([]);
  });

  test("gets no secret into a line of the log (row 112)", async () => {
    const lines: string[] = [];
    for (const refusal of Object.values(REFUSALS)) {
      await using server = await echoServer(refusal);
      const client = clientOf(server.url, { log: (line: string) => lines.push(line) });
      for (const request of Object.values(REQUESTS)) await failureOf(request(client));
    }
    expect(lines.length).toBeGreaterThanOrEqual(Object.keys(REFUSALS).length * Object.keys(REQUESTS).length);
    expect(secretsIn(lines.join("\n"))).toEqual([]);
  });
});

describe("a transport that throws what it was given", () => {
  class Config {
    readonly headers: unknown;
    constructor(headers: unknown) {
      this.headers = headers;
    }
  }
  const causes: Readonly<Record<string, (headers: Readonly<Record<string, string>>) => unknown>> = {
    "in its message": (headers) => new Error(`Bad header ${JSON.stringify(headers)}`),
    "as a field": (headers) => Object.assign(new Error("failed"), { config: { headers } }),
    "in an object of a class": (headers) => Object.assign(new Error("failed"), { config: new Config(headers) }),
    "in headers of fetch": (headers) => Object.assign(new Error("failed"), { headers: new Headers(headers) }),
    "in a map": (headers) => Object.assign(new Error("failed"), { map: new Map(Object.entries(headers)) }),
    "under a symbol": (headers) => Object.assign(new Error("failed"), { [Symbol("sent")]: headers }),
    "in a hidden field": (headers) => Object.defineProperty(new Error("failed"), "sent", { value: headers }),
    "in the cause of its cause": (headers) =>
      new Error("failed", { cause: new Error("failed", { cause: new Error(JSON.stringify(headers)) }) }),
    "among several errors": (headers) => new AggregateError([new Error(JSON.stringify(headers))], "failed"),
    "as a text": (headers) => JSON.stringify(headers),
    "as plain data": (headers) => ({ headers }),
    "as one of our errors": (headers) => new AgentError("connection_failed", `No: ${JSON.stringify(headers)}`),
  };

  test.each(Object.entries(causes))("%s, gets no secret into the error that leaves (row 112)", async (_, causeOf) => {
    const fail = (headers: Readonly<Record<string, string>>): never => {
      throw causeOf(headers);
    };
    // As: our own headers are plain objects.
    const fetch = async (_: string, init: RequestInit) => fail(init.headers as Record<string, string>);
    const transport: Transport = async ({ headers }) => fail(headers);
    for (const way of [{ fetch }, { transport }]) {
      for (const request of Object.values(REQUESTS)) {
        const error = await failureOf(request(clientOf("http://127.0.0.1:9/v1", way)));
        expect(error).toBeInstanceOf(AgentError);
        expect(secretsIn(everythingOf(error))).toEqual([]);
      }
    }
  });

  test("keeps a cause that holds no secret as it is", async () => {
    const cause = Object.assign(new Error("failed", { cause: { code: "E1", at: [1, { deep: "text" }] } }), {
      code: "E2",
    });
    const fetch = () => Promise.reject(cause);
    expect(await failureOf(clientOf("http://127.0.0.1:9/v1", { fetch }).models.list())).toMatchObject({ cause });
    expect((await failureOf(clientOf("http://127.0.0.1:9/v1", { fetch }).models.list())) as Error).toHaveProperty(
      "cause",
      cause,
    );
  });

  test("keeps the name, the code and the rest of the message of a cause that holds one", async () => {
    const cause = Object.assign(new RangeError(`No ${KEY} here`), { code: "E2", sent: KEY });
    const fetch = () => Promise.reject(cause);
    const error = await failureOf(clientOf("http://127.0.0.1:9/v1", { fetch }).models.list());
    expect(error).toMatchObject({ cause: { name: "RangeError", message: "No [redacted] here", code: "E2" } });
  });
});

describe("the key", () => {
  test("cannot be seen in a client, a model, a tool or an agent, however deep one looks (row 112)", async () => {
    const client = clientOf("http://127.0.0.1:9/v1", { apiKey: () => KEY });
    const model: Model = client.model("grok-4.7");
    const chained = client.chainedModel("grok-4.7");
    const agent = createAgent({ name: "t", model, tools: [mcp] });
    for (const thing of [client, model, chained, agent, mcp, clientOf("http://127.0.0.1:9/v1")]) {
      expect(secretsIn(everythingOf(thing))).toEqual([]);
      expect(inspect(thing)).not.toBe("");
    }
  });

  test("that is not one, in a place where it does not belong, is not in the error that says so (row 112)", async () => {
    const wrong: readonly (() => unknown)[] = [
      () => createClient({ baseURL: `https://${KEY}@api.x.ai/v1` }),
      () => createClient({ baseURL: `https://api.x.ai/v1?key=${KEY}` }),
      () => createClient({ baseURL: KEY }),
      () => createClient({ auth: KEY as "both" }), // as: what a program without types may pass
      () => createClient({ headers: { authorization: `Bearer ${KEY}\n` } }),
      () => remoteMcp({ url: "https://mcp.example.com", label: "orders", authorization: `Bearer\n${MCP_TOKEN}` }),
      () => remoteMcp({ url: `https://u:${MCP_TOKEN}@mcp.example.com`, label: "orders" }),
    ];
    for (const make of wrong) {
      const error = await failureOf((async () => make())());
      expect(error).toBeInstanceOf(AgentError);
      expect(secretsIn(everythingOf(error))).toEqual([]);
    }
    const padded = await failureOf(createClient({ apiKey: `${KEY} x` }).models.list());
    expect(secretsIn(everythingOf(padded))).toEqual([]);
  });

  test("of a vault that failed with credentials in its error is not in ours (row 112)", async () => {
    const apiKey = (): string => {
      throw new Error(`GET https://app:${KEY}@vault.example/key?token=${KEY} failed`);
    };
    const error = await failureOf(createClient({ apiKey }).models.list());
    expect(error).toMatchObject({ code: "no_api_key" });
    expect(secretsIn(everythingOf(error))).toEqual([]);
  });

  test("is in no URL, and changes nothing of the process that its children would inherit (row 113)", async () => {
    const before = JSON.stringify([process.title, process.argv, process.execArgv, process.env]);
    await using server = await echoServer((response, echo) => response.writeHead(400).end(echo));
    for (const request of Object.values(REQUESTS)) await failureOf(request(clientOf(server.url)));
    const agent = createAgent({ name: "t", model: clientOf(server.url).model("grok-4.7"), tools: [mcp] });
    await failureOf(agent.run("Lisbon?"));
    expect(server.paths).toHaveLength(Object.keys(REQUESTS).length + 1);
    expect(secretsIn(server.paths.join(" "))).toEqual([]);
    expect(JSON.stringify([process.title, process.argv, process.execArgv, process.env])).toBe(before);
    expect(secretsIn(before)).toEqual([]);
  });
});

describe("a tool's secret", () => {
  const query = (execute: () => unknown) =>
    defineTool({ name: "query", description: "Asks the database.", input: z.object({}), execute });
  const url = `postgres://app:${TOOL_SECRET}@db.example/orders`;
  const throwing: Readonly<Record<string, () => unknown>> = {
    "in a connection string": () => new Error(`connect ${url} failed`),
    "in its cause": () =>
      new Error("failed", { cause: new Error(`GET https://api.example/?api_key=${TOOL_SECRET}&x=1`) }),
    "as a bearer token": () => new Error(`401 for authorization: Bearer ${TOOL_SECRET}`),
    "in a setting": () => new Error(`Server=db;Uid=app;Password=${TOOL_SECRET};`),
    "as a text": () => `connect ${url} failed`,
  };

  test.each(Object.entries(throwing))(
    "%s, thrown by its handler, is neither on the record nor told to the model (rows 68, 69, 112)",
    async (_, thrown) => {
      const sent: string[] = [];
      const call = { id: "c1", type: "function", function: { name: "query", arguments: "{}" } };
      await using server = await echoServer((response, echo) => {
        sent.push(echo.slice(echo.indexOf("} {") + 2));
        const delta = sent.length === 1 ? { tool_calls: [{ index: 0, ...call }] } : { content: "It failed." };
        const chunk = {
          id: "a",
          choices: [{ index: 0, delta, finish_reason: sent.length === 1 ? "tool_calls" : "stop" }],
        };
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
      });
      const tool = query(() => {
        throw thrown();
      });
      const run = createAgent({ name: "t", model: clientOf(server.url).model("grok-4.7"), tools: [tool] }).stream(
        "Go.",
      );
      const result = await run.result();
      expect(result).toMatchObject({ status: "completed", text: "It failed." });
      expect(sent).toHaveLength(2);
      expect(secretsIn([everythingOf(run.record), everythingOf(result), ...sent].join("\n"))).toEqual([]);
    },
  );
});
