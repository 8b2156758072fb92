import { getEventListeners } from "node:events";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import {
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  fetchTransport,
  RedirectRefused,
  streamChat,
} from "../../src/wire/index.ts";
import { BODY, bytes, endpointOver, failureOf, frames, KEY, readAll, replay, serve, settle, until } from "./support.ts";

const delta = (content: string): object => ({ choices: [{ index: 0, delta: { content } }] });
const END = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const SSE = { "content-type": "text/event-stream" };

const endpointAt = (baseUrl: string, options: EndpointOptions = {}): Endpoint =>
  createEndpoint({ apiKey: KEY, baseUrl, ...options });

describe("over real HTTP", () => {
  test("an answer is read as it comes, with its request id and simulator mark", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { ...SSE, "x-request-id": "req-7", "x-fairwitness-simulated": "1" });
      response.write(frames([delta("a")]));
      setImmediate(() => response.end(frames([delta("b"), END, "[DONE]"])));
    });
    const answer = await streamChat(endpointAt(server.url), BODY, { signal: new AbortController().signal });
    expect(answer).toMatchObject({ requestId: "req-7", simulated: true });
    const { completion } = await readAll(endpointAt(server.url));
    expect(completion.choices[0]?.message.content).toBe("ab");
    expect(server.requests[0]).toMatchObject({ url: "/v1/chat/completions", method: "POST" });
    expect(server.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    for await (const _ of answer.chunks);
  });

  test("a connection is used again after [DONE]", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, SSE);
      response.write(frames([delta("a"), END, "[DONE]"]));
      setTimeout(() => response.end(), 5);
    });
    const ports = new Set<number | undefined>();
    for (let turn = 0; turn < 4; turn++) {
      await readAll(endpointAt(server.url));
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    for (const request of server.requests) ports.add(request.socket.remotePort);
    expect(ports.size).toBe(1);
  });

  test.each([301, 302, 303, 307, 308, 300, 304])(
    "a %i is refused, names the host and nothing follows (row 17)",
    async (status) => {
      await using other = await serve((_, response) => response.end("stolen"));
      await using server = await serve((_, response) =>
        response.writeHead(status, { location: `${other.url}/path?secret=1` }).end(),
      );
      const error = await failureOf(readAll(endpointAt(server.url)));
      expect(error).toBeInstanceOf(RedirectRefused);
      expect(error).toMatchObject({ code: "redirect_refused", retryable: false, target: new URL(other.url).host });
      expect(String(error)).not.toContain("secret");
      expect(other.requests).toHaveLength(0);
    },
  );

  test("a redirect that does not say where is refused too (row 17)", async () => {
    await using server = await serve((_, response) => response.writeHead(302).end());
    expect(await failureOf(readAll(endpointAt(server.url)))).toMatchObject({
      code: "redirect_refused",
      target: undefined,
    });
  });

  test("a server that is not there is a typed error that says so (row 1)", async () => {
    const error = await failureOf(readAll(endpointAt("http://127.0.0.1:1")));
    expect(error).toMatchObject({ code: "connection_failed", retryable: true });
    expect(String(error)).toMatch(/127\.0\.0\.1:1 could not be reached/);
  });

  test.each([0, 5, 40])("a connection reset after %i bytes is a typed error (rows 3, 5)", async (length) => {
    const whole = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${frames([delta("a")])}`;
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.write(whole.slice(0, length), () => socket.resetAndDestroy()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A listening TCP server has such an address.
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(readAll(endpointAt(`http://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ code: "connection_failed", retryable: true });
    server.close();
  });

  test("leaving early closes the connection", async () => {
    let isClosed = false;
    await using server = await serve((_, response) => {
      response.writeHead(200, SSE).write(frames([delta("a")]));
      response.on("close", () => {
        isClosed = true;
      });
    });
    const answer = await streamChat(endpointAt(server.url), BODY, { signal: new AbortController().signal });
    for await (const _ of answer.chunks) break;
    await until(() => isClosed);
  });

  test.each(["headers", "body"])(
    "an abort while waiting for the %s rejects with the caller's own reason",
    async (phase) => {
      let isClosed = false;
      await using server = await serve((request, response) => {
        request.socket.on("close", () => {
          isClosed = true;
        });
        if (phase === "body") response.writeHead(200, SSE).write(frames([delta("a")]));
      });
      const controller = new AbortController();
      const reason = { why: "changed my mind" };
      const reading = failureOf(readAll(endpointAt(server.url), { signal: controller.signal }));
      await until(() => server.requests.length > 0);
      await settle();
      controller.abort(reason);
      expect(await reading).toBe(reason);
      await until(() => isClosed);
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    },
  );

  test("a signal that is aborted before sends nothing", async () => {
    await using server = await serve((_, response) => response.end());
    const signal = AbortSignal.abort("no");
    expect(await failureOf(readAll(endpointAt(server.url), { signal }))).toBe("no");
    expect(server.requests).toHaveLength(0);
  });

  test("a signal shared by many requests keeps no listener of them (row 24)", async () => {
    const { signal } = new AbortController();
    const transport = replay([bytes(frames([END, "[DONE]"]))]);
    for (let count = 0; count < 50; count++) await readAll(endpointOver(transport), { signal });
    await settle();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("a transport", () => {
  test("that throws what is no error of ours is a connection that failed", async () => {
    const cause = new TypeError("boom");
    const sync = (): never => {
      throw cause;
    };
    for (const transport of [sync, async () => Promise.reject(cause), replay([bytes(": hi\n\n")], { error: cause })]) {
      const error = await failureOf(readAll(endpointOver(transport)));
      expect(error).toBeInstanceOf(AgentError);
      expect(error).toMatchObject({ code: "connection_failed", retryable: true, cause });
    }
  });

  test("over a fetch of one's own uses it, and says which failures are for good", async () => {
    const withCode = (code: string) => Object.assign(new TypeError("fetch failed"), { cause: { code } });
    const cases = [
      ["ECONNRESET", "connection_failed", true],
      ["UND_ERR_CONNECT_TIMEOUT", "connect_timeout", true],
      ["UND_ERR_HEADERS_TIMEOUT", "headers_timeout", true],
      ["UND_ERR_BODY_TIMEOUT", "idle_timeout", true],
      ["CERT_HAS_EXPIRED", "connection_failed", false],
    ] as const;
    for (const [detail, code, retryable] of cases) {
      const transport = fetchTransport(() => Promise.reject(withCode(detail)));
      const error = await failureOf(readAll(endpointOver(transport)));
      expect(error).toMatchObject({ code, retryable, message: expect.stringContaining(detail) });
    }
  });

  test("over fetch sees through a redirect that a browser hides", async () => {
    const hidden = Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" });
    const error = await failureOf(readAll(endpointOver(fetchTransport(async () => hidden))));
    expect(error).toMatchObject({ code: "redirect_refused" });
  });
});
