import { createAgent } from "fairwitness";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Client } from "../../src/client/index.ts";
import {
  ask,
  clientOf,
  cut,
  errorOf,
  good,
  inTurn,
  KEY,
  type ReplyServer,
  refusal,
  replying,
  until,
} from "../faults/retry-support.ts";
import { fakeClock } from "../support/fake-clock.ts";

afterEach(() => vi.unstubAllEnvs());

const SECRETS = [KEY, "Lisbon", "Sunny", "secret-header-value", "?limit"];

/** A client with every secret planted, and the lines it wrote, of which none may hold one. */
function logging(server: ReplyServer): { client: Client; lines: string[] } {
  const lines: string[] = [];
  const log = (line: string): void => {
    for (const secret of SECRETS) expect(line).not.toContain(secret);
    lines.push(line);
  };
  const headers = { "x-tenant": "secret-header-value" };
  return { client: clientOf(server, { log, headers, clock: fakeClock(), retry: { baseMs: 0 } }), lines };
}

describe("a client with a log", () => {
  test("writes a line for every attempt: method, path, status or error, request id, time, attempt", async () => {
    const id = { "x-request-id": "req-1" };
    await using server = await replying(
      inTurn(refusal(503, id, `Lisbon ${KEY}`), cut(), { ...(good() as object), headers: id }),
    );
    const { client, lines } = logging(server);
    await client.chat.completions.create(ask);
    expect(lines).toEqual([
      "fairwitness POST /chat/completions 503 server_error, request req-1, 0 ms, attempt 1",
      "fairwitness POST /chat/completions 200 stream_incomplete, 0 ms, attempt 2",
      "fairwitness POST /chat/completions 200, request req-1, 0 ms, attempt 3",
    ]);
  });

  test("does the same for the turns of an agent", async () => {
    await using server = await replying(inTurn("reset", refusal(429, { "x-request-id": "req-2" }), good()));
    const { client, lines } = logging(server);
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { random: () => 0 } });
    await Promise.all([agent.run("Lisbon?"), agent.run("Lisbon?")]);
    expect(lines.filter((line) => line.endsWith("attempt 1"))).toHaveLength(2);
    expect(lines).toContain("fairwitness POST /chat/completions 429 rate_limited, request req-2, 0 ms, attempt 1");
    expect(lines).toContain("fairwitness POST /chat/completions connection_failed, 0 ms, attempt 1");
    expect(lines.at(-1)).toMatch(/ 200, 0 ms, attempt [23]$/);
  });

  test("tells of each request where an attempt needs two", async () => {
    await using server = await replying(inTurn(refusal(400, {}, "Could not decrypt the content."), refusal(422)));
    const { client, lines } = logging(server);
    const agent = createAgent({ name: "a", model: client.model("grok-4.7", { api: "responses" }) });
    await agent.run("Lisbon?", { reject: false });
    expect(lines).toEqual([
      "fairwitness POST /responses 400, 0 ms, attempt 1",
      "fairwitness POST /responses 422 unprocessable, 0 ms, attempt 1",
    ]);
  });

  test("tells what is no model request as well, without its query", async () => {
    const body = JSON.stringify({ data: [] });
    await using server = await replying(inTurn(refusal(500), { body, type: "application/json" }));
    const { client, lines } = logging(server);
    await client.files.list({ limit: 3 });
    await client.models.list();
    expect(lines).toEqual([
      "fairwitness GET /files 500 server_error, 0 ms, attempt 1",
      "fairwitness GET /files 200, 0 ms, attempt 2",
      "fairwitness GET /models 200, 0 ms, attempt 1",
    ]);
  });

  test("tells how a stream ended that its reader left, and a call that was cancelled", async () => {
    await using server = await replying(inTurn(good(), "hang"));
    const { client, lines } = logging(server);
    for await (const _ of client.chat.completions.stream(ask)) break;
    const stopper = new AbortController();
    const call = client.chat.completions.create(ask, { signal: stopper.signal });
    await until(() => server.requests.length === 2);
    stopper.abort();
    await call.catch(() => {});
    expect(lines).toEqual([
      "fairwitness POST /chat/completions 200 stream_incomplete, 0 ms, attempt 1",
      "fairwitness POST /chat/completions aborted, 0 ms, attempt 1",
    ]);
  });

  test("shows no request id that holds the key, or is none", async () => {
    await using server = await replying((index) =>
      refusal(400, { "x-request-id": [KEY, `id-${KEY}`, "secret-header-value", "a b", "x".repeat(500)][index] ?? "" }),
    );
    const { client, lines } = logging(server);
    for (let call = 0; call < 5; call += 1) await errorOf(client.chat.completions.create(ask));
    expect(lines.filter((line) => line.includes(", request "))).toEqual([]);
    expect(lines).toHaveLength(5);
  });

  test("shows of a path what comes behind the base URL", async () => {
    await using server = await replying(() => good());
    const lines: string[] = [];
    await clientOf(
      { url: `${server.url}/tenant-secret/v1` },
      { log: (line) => lines.push(line) },
    ).chat.completions.create(ask);
    expect(server.requests[0]?.path).toBe("/tenant-secret/v1/chat/completions");
    expect(lines[0]).toContain("POST /chat/completions 200");
  });

  test("writes what protection did where there is no run", async () => {
    await using server = await replying(() => refusal(503));
    const lines: string[] = [];
    const client = clientOf(server, {
      log: (line) => lines.push(line),
      retry: { attempts: 1 },
      protect: { breaker: { failures: 1 } },
    });
    await errorOf(client.chat.completions.create(ask));
    await errorOf(client.chat.completions.create(ask));
    const { host } = new URL(server.url);
    expect(lines[1]).toBe(
      `fairwitness breaker.opened: ${host} failed too often in a row (last: server_error): no request is made to it for 30 s.`,
    );
    expect(lines[2]).toContain("fairwitness breaker.refused: No request was made");
    expect(lines).toHaveLength(3);
  });

  test("is not disturbed by a log that throws", async () => {
    await using server = await replying(() => good());
    const log = (): never => {
      throw new Error("disk full");
    };
    await clientOf(server, { log }).chat.completions.create(ask);
    expect(server.requests).toHaveLength(1);
  });

  test("writes to stderr where the environment says debug, and nothing where it says something else", async () => {
    const written = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      await using server = await replying(() => good());
      vi.stubEnv("FAIRWITNESS_LOG", "info");
      await clientOf(server).chat.completions.create(ask);
      expect(written).not.toHaveBeenCalled();
      vi.stubEnv("FAIRWITNESS_LOG", "debug");
      await clientOf(server).chat.completions.create(ask);
      expect(written.mock.calls).toEqual([
        [expect.stringMatching(/^fairwitness POST \/chat\/completions 200, \d+ ms, attempt 1$/)],
      ]);
    } finally {
      written.mockRestore();
    }
  });
});
