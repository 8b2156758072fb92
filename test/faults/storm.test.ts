import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { createAgent } from "fairwitness";
import { describe, expect, test } from "vitest";
import type { Client } from "../../src/client/index.ts";
import { ask, clientOf, good, refusal, replying } from "./retry-support.ts";

const CALLS = 50;

/** Requests for each of 50 calls at the same time. */
async function burst(client: Client, count: () => number): Promise<number> {
  const before = count();
  const calls = Array.from({ length: CALLS }, () => client.chat.completions.create(ask));
  const settled = await Promise.allSettled(calls);
  expect(settled.every(({ status }) => status === "rejected")).toBe(true);
  return (count() - before) / CALLS;
}

describe("fifty calls at once", () => {
  test("on a server that fails make at most 1.75 requests each, and then one (row 42)", async () => {
    await using server = await replying(() => refusal(503));
    const client = clientOf(server);
    const count = (): number => server.requests.length;
    expect(await burst(client, count)).toBeLessThanOrEqual(1.75);
    expect(await burst(client, count)).toBe(1);
    expect(await burst(client, count)).toBe(1);
  });

  test("on a port that nobody listens on do no more (row 42)", async () => {
    let count = 0;
    const closed = await closedPort();
    const fetching = (url: string, init: RequestInit): Promise<Response> => {
      count += 1;
      return fetch(url, init);
    };
    const client = clientOf({ url: `http://127.0.0.1:${closed}` }, { fetch: fetching });
    expect(await burst(client, () => count)).toBeLessThanOrEqual(1.75);
    expect(await burst(client, () => count)).toBe(1);
  });

  test("on a server that was well and now resets whatever comes do no more (row 42)", async () => {
    let isWell = true;
    await using server = await replying(() => (isWell ? good() : "reset"));
    const client = clientOf(server);
    await Promise.all(Array.from({ length: CALLS }, () => client.chat.completions.create(ask)));
    isWell = false;
    const count = (): number => server.requests.length;
    expect(await burst(client, count)).toBeLessThanOrEqual(1.75);
    expect(await burst(client, count)).toBe(1);
  });

  test("of agents that share a client do no more (row 42)", async () => {
    await using server = await replying(() => refusal(503));
    const client = clientOf(server);
    const runtime = { random: () => 0 };
    const agents = Array.from({ length: CALLS }, (_, index) =>
      createAgent({ name: `agent ${index}`, model: client.model("grok-4.7"), runtime }),
    );
    const results = await Promise.all(agents.map((agent) => agent.run("Lisbon?", { reject: false })));
    expect(results.every(({ status }) => status === "failed")).toBe(true);
    expect(server.requests.length / CALLS).toBeLessThanOrEqual(1.75);
  });

  test("of one agent with a model by name do no more (row 42)", async () => {
    await using server = await replying(() => refusal(503));
    const { url } = server;
    const { XAI_BASE_URL, XAI_API_KEY } = process.env;
    Object.assign(process.env, { XAI_BASE_URL: url, XAI_API_KEY: "none" });
    try {
      const agent = createAgent({ name: "a", model: "grok-4.7", runtime: { random: () => 0 } });
      const runs = Array.from({ length: CALLS }, () => agent.run("Lisbon?", { reject: false }));
      expect((await Promise.all(runs)).every(({ status }) => status === "failed")).toBe(true);
    } finally {
      restore({ XAI_BASE_URL, XAI_API_KEY });
    }
    expect(server.requests.length / CALLS).toBeLessThanOrEqual(1.75);
  });

  test("that are asked to come back tomorrow make one request each (row 42)", async () => {
    await using server = await replying(() => refusal(503, { "retry-after": "86400" }));
    expect(await burst(clientOf(server), () => server.requests.length)).toBe(1);
  });
});

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has such an address
  await new Promise((resolve) => server.close(resolve));
  return port;
}
