import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAgent, createClient, defineTool, type Model, type RunEvent, remoteMcp } from "fairwitness";
import { startSimulator } from "fairwitness/sim";
import { createFileStore } from "fairwitness/store";
import { checkEvents, record } from "fairwitness/testing";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { fairwitness } from "../cli/command.ts";
import { nodesOf, sourcesIn } from "../project/syntax.ts";
import {
  type Echoing,
  echoServer,
  everythingOf,
  HEADER,
  KEY,
  MCP_HEADER,
  MCP_TOKEN,
  secretsIn,
  TOOL_SECRET,
} from "./secrets-support.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fairwitness-secrets-"));
  folders.push(folder);
  return folder;
}

/** Every byte of every file below a folder. */
function contentOf(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => `${file}\n${readFileSync(file, "utf8")}`).join("\n");
}

const stream = (response: Parameters<Echoing>[0], frames: readonly unknown[], echo: string): void => {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": KEY, [KEY]: HEADER });
  const texts = frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
  response.end(`: ${echo}\n\nevent: ${KEY}\ndata: ${JSON.stringify({ type: KEY, [KEY]: echo })}\n\n${texts.join("")}`);
};

/** Whole answers with everything that was sent in every place that has a text. */
const ANSWERS: Readonly<Record<string, Echoing>> = {
  chat: (response, echo) =>
    stream(
      response,
      [
        {
          id: KEY,
          model: KEY,
          system_fingerprint: KEY,
          service_tier: KEY,
          debug: echo,
          choices: [{ index: 0, delta: { role: "assistant", content: `You sent ${echo}`, reasoning_content: echo } }],
        },
        { id: KEY, choices: [{ index: 0, delta: { refusal: null }, finish_reason: `stop ${KEY}` }], usage: { echo } },
      ],
      echo,
    ),
  responses: (response, echo) => {
    const item = {
      type: "message",
      id: KEY,
      role: "assistant",
      status: "completed",
      content: [
        {
          type: "output_text",
          text: `You sent ${echo}`,
          annotations: [{ type: "url_citation", url: `https://x.example/${KEY}`, title: echo }],
        },
      ],
    };
    const searched = {
      type: "web_search_call",
      id: `ws_${KEY}`,
      status: "completed",
      action: { type: "search", query: echo },
    };
    const called = {
      type: "mcp_call",
      id: "mcp_1",
      status: "completed",
      name: KEY,
      arguments: echo,
      output: echo,
      server_label: "orders",
    };
    const unknown = { type: "zz_item", id: "zz_1", echo };
    const output = [searched, called, unknown, item];
    stream(
      response,
      [
        ...output.map((done, place) => ({ type: "response.output_item.done", output_index: place, item: done })),
        { type: "response.zz", echo },
        {
          type: "response.completed",
          response: {
            id: KEY,
            model: KEY,
            object: "response",
            status: "completed",
            output,
            tools: echo,
            metadata: { echo },
          },
        },
        { type: "response.late", echo },
      ],
      echo,
    );
  },
  messages: (response, echo) =>
    stream(
      response,
      [
        {
          type: "message_start",
          message: {
            id: KEY,
            type: "message",
            role: "assistant",
            model: KEY,
            content: [],
            usage: { input_tokens: 1, output_tokens: 1, echo },
          },
        },
        { type: "content_block_start", index: 0, content_block: { type: "zz_block", echo } },
        { type: "content_block_stop", index: 0 },
        { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: `You sent ${echo}` } },
        { type: "content_block_stop", index: 1 },
        { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: KEY }, usage: { output_tokens: 1 } },
        { type: "message_stop", echo },
      ],
      echo,
    ),
};

const tools = [
  remoteMcp({
    url: "https://mcp.example.com/mcp",
    label: "orders",
    authorization: `Bearer ${MCP_TOKEN}`,
    headers: { "x-mcp-key": MCP_HEADER },
  }),
];

function modelAt(baseURL: string, api: string): Model {
  const client = createClient({ apiKey: KEY, baseURL, headers: { "x-team-token": HEADER } });
  return client.model("grok-4.7", { api: api as "chat" }); // as: one of the three, by the keys of ANSWERS
}

describe("a whole answer that echoes all that was sent", () => {
  test.each(Object.keys(ANSWERS))(
    "on %s, brings no secret into events, results, records, or what the command line shows of them (row 112)",
    async (api) => {
      await using server = await echoServer(ANSWERS[api] ?? (() => {}));
      const folder = tempFolder();
      const agent = createAgent({
        name: "t",
        model: modelAt(server.url, api),
        tools: api === "responses" ? tools : [],
        store: createFileStore(folder),
      });
      const run = agent.stream("Lisbon?");
      const events: RunEvent[] = [];
      for await (const event of run) events.push(event);
      const result = await run.result();
      expect(checkEvents(events)).toEqual([]);
      expect(result).toMatchObject({ status: "completed", text: expect.stringContaining("You sent") });
      const shown = [everythingOf(events), everythingOf(result), result.report(), contentOf(folder)];
      // With --json they print what is in the files, or is folded from it.
      const views = [["show", run.id], ["sources", run.id, "--md"], ["list"]];
      const said = await Promise.all(views.map((view) => fairwitness(["runs", ...view, "--store", folder])));
      for (const { code, out, err } of said) shown.push(`${code}`, out, err);
      expect(shown.join("\n")).toContain("[redacted]");
      expect(secretsIn(shown.join("\n"))).toEqual([]);
    },
  );

  test("brings no secret into a cassette (row 112)", async () => {
    for (const [api, answer] of Object.entries(ANSWERS)) {
      await using server = await echoServer(answer);
      const folder = tempFolder();
      const transport = record(join(folder, "tape"));
      const client = createClient({ apiKey: KEY, baseURL: server.url, headers: { "x-team-token": HEADER }, transport });
      const model = client.model("grok-4.7", { api: api as "chat" });
      await createAgent({ name: "t", model, tools: api === "responses" ? tools : [] }).run("Lisbon?");
      await transport.written();
      expect(contentOf(folder)).toContain("[redacted]");
      expect(secretsIn(contentOf(folder))).toEqual([]);
    }
  });

  test.each([
    ["PHP", /\//g, "\\/"],
    ["Gson", /[<>&='/]/g, undefined],
    ["a cautious writer", /[ -!#-[\]-~]/g, undefined],
  ])("brings no secret into a record though its JSON is spelled as %s does (row 112)", async (_, escaped, spelled) => {
    const secret = "sim_canary_header/90d1+be<44>aa==";
    const unicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const spell = (text: string): string =>
      JSON.stringify(text)
        .slice(1, -1)
        .replace(escaped, (character) => spelled ?? unicode(character));
    await using server = await echoServer((response, echo) => {
      const text = `{"id":"a","choices":[{"index":0,"delta":{"content":"${spell(echo)}"},"finish_reason":"stop"}]}`;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${text}\n\n`);
    });
    const client = createClient({ apiKey: KEY, baseURL: server.url, headers: { "x-team-token": secret } });
    const run = createAgent({ name: "t", model: client.model("grok-4.7") }).stream("A \\/ B \\u003d C?");
    const result = await run.result();
    expect(secretsIn(everythingOf([result, run.record]))).toEqual([]);
    expect(result).toMatchObject({ status: "completed", text: expect.stringContaining("[redacted]") });
    // What is not a secret is what it was.
    expect(result.status === "completed" && result.text).toContain("A \\\\/ B \\\\u003d C?");
  });

  test("leaves the model's words as they are where they only look like a credential", async () => {
    const text = "Set XAI_API_KEY=xai-your-key-here, or use xai-sdk-python with Bearer tokens: password=hunter2222.";
    const delta = { id: "a", choices: [{ index: 0, delta: { content: text }, finish_reason: "stop" }] };
    await using server = await echoServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(delta)}\n\n`);
    });
    expect((await createAgent({ name: "t", model: modelAt(server.url, "chat") }).run("How?")).text).toBe(text);
  });
});

describe("a context", () => {
  test("that a tool is given stays out of the record and of what the model is sent (row 112)", async () => {
    await using simulator = await startSimulator({ apiKey: KEY });
    const client = createClient({ apiKey: KEY, baseURL: simulator.url });
    const seen: string[] = [];
    const look = defineTool({
      name: "get_weather",
      description: "Current weather in a city.",
      input: z.object({ city: z.string() }),
      execute: (_, tool: { context: { token: string } }) => {
        seen.push(tool.context.token);
        return { celsius: 21 };
      },
    });
    const folder = tempFolder();
    const store = createFileStore(folder);
    const agent = createAgent({ name: "t", model: client.model("grok-4.7"), tools: [look], store });
    const run = agent.stream("What is the weather in Lisbon?", { context: { token: TOOL_SECRET } });
    const result = await run.result();
    expect(seen).toEqual([TOOL_SECRET]);
    const sent = simulator.requests.map(({ body, headers, path }) => JSON.stringify([body, headers, path]));
    expect(secretsIn([everythingOf(run), everythingOf(result), contentOf(folder), ...sent].join("\n"))).toEqual([]);
  });
});

describe("a program", () => {
  /** Runs an example as people do, with a key and an address in its environment. */
  async function example(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
    const args = ["--conditions=fairwitness-dev", "--import", "tsx", "examples/chat-client.ts"];
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = await once(child, "close");
    return { code, said };
  }

  test("that has a key in its environment prints it neither when all is well nor when it dies (rows 112, 113)", async () => {
    await using simulator = await startSimulator({ apiKey: KEY });
    await using server = await echoServer((response, echo) =>
      response.writeHead(401).end(JSON.stringify({ error: echo })),
    );
    const debug = { XAI_API_KEY: KEY, FAIRWITNESS_LOG: "debug" };
    const good = await example({ ...debug, XAI_BASE_URL: simulator.url });
    const dead = await example({ ...debug, XAI_BASE_URL: server.url });
    expect(secretsIn(good.said + dead.said)).toEqual([]);
    expect(good.code).toBe(0);
    expect(good.said).toContain("GET /models 200");
    expect(dead.code).not.toBe(0);
    expect(dead.said).toContain("[redacted]");
  });

  test("of ours starts no process and changes no environment (row 113)", () => {
    const found = ["src", "tools"].flatMap(sourcesIn).flatMap((file) =>
      [...nodesOf(file)].flatMap((node) => {
        const source = JSON.stringify(node.source ?? null);
        const target = node.type === "AssignmentExpression" ? JSON.stringify(node.left) : "";
        const starts = /child_process|worker_threads|"cluster"/.test(source);
        const writes = /"name":"(env|title|argv|execArgv)"/.test(target) && /"name":"process"/.test(target);
        return starts || writes ? [file] : [];
      }),
    );
    expect(found).toEqual([]);
  });
});
