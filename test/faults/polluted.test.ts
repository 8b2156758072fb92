import { getEventListeners } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { createAgent, createClient, defineTool, remoteMcp, type Transport } from "fairwitness";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { clean, POLLUTION, pollute } from "../support/polluted.ts";
import { type Answerer, answerCalls, answerText, watchedServer } from "../support/watched-server.ts";

/** The whole suite of wire, client, tools and loop runs so too: FAIRWITNESS_POLLUTED=1 (CONTRIBUTING). */
describe("on a prototype that somebody has polluted", () => {
  beforeAll(pollute);
  afterAll(() => {
    if (process.env.FAIRWITNESS_POLLUTED !== "1") clean();
  });
  afterEach(() => void vi.unstubAllEnvs());

  async function serveTo(answer: Answerer): Promise<{ url: string; seen: IncomingHttpHeaders[] } & AsyncDisposable> {
    const seen: IncomingHttpHeaders[] = [];
    const server = await watchedServer((response, n, request) => {
      seen.push(request.headers);
      answer(response, n, request);
    });
    vi.stubEnv("XAI_BASE_URL", server.url);
    vi.stubEnv("XAI_API_KEY", "sim_from_the_environment");
    return { url: server.url, seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }
  const act = defineTool({ name: "act", description: "d", input: z.object({}), execute: () => "acted" });
  const options = { polluted: { apiKey: "x" } };

  it("it is polluted", () => {
    expect(Reflect.get(options.polluted, "baseURL")).toBe(POLLUTION.baseURL);
    expect(Reflect.get({}, "signal")).toBe(POLLUTION.signal);
  });

  it("an agent asks the server it was given, with the key it was given and no other header (row 142)", async () => {
    await using server = await serveTo((response, n) =>
      n === 0 ? answerCalls(response, "act") : answerText(response),
    );
    const run = createAgent({ name: "t", model: "grok-4.7", tools: [act] }).stream("go");
    expect(await run.result()).toMatchObject({ status: "completed", text: "done" });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 2 }, () => "Bearer sim_from_the_environment"),
    );
    expect(JSON.stringify([server.seen, run.record])).not.toContain("polluted");
    // A tool that declares no effect has none, neither live nor in its record.
    const executing = run.record.find((event) => event.type === "tool.executing");
    expect(Object.keys(executing ?? {})).not.toContain("effect");
    expect(Object.keys((await run.result()).toolCalls[0] ?? {})).not.toContain("effect");
  });

  it("no signal but the run's own is listened to, and retries are as documented (row 142)", async () => {
    const inherited = POLLUTION.signal as AbortSignal; // that is what is put there
    const before = getEventListeners(inherited, "abort").length; // what Node itself obeys is not ours
    const asked: string[] = [];
    // Without a socket, so that whoever listens is of this package.
    const transport: Transport = async (request) => {
      asked.push(JSON.stringify(request));
      return { status: 503, header: () => undefined, body: (async function* () {})() };
    };
    const client = createClient({ apiKey: "sim_k", transport, random: () => 0 });
    const agent = createAgent({ name: "t", model: client.model("grok-4.7"), runtime: { random: () => 0 } });
    await expect(agent.run("go")).rejects.toMatchObject({ attempts: 3 });
    await expect(client.models.list()).rejects.toMatchObject({ attempts: 3 });
    expect(asked).toHaveLength(6);
    expect(asked.join()).not.toContain("polluted");
    expect(getEventListeners(inherited, "abort")).toHaveLength(before);
  });

  it("nothing is sent to a remote MCP server that was not given (row 142)", () => {
    expect(remoteMcp({ url: "https://example.com/mcp", label: "orders" }).secrets()).toStrictEqual({});
  });
});
