import { describe, expect, test } from "vitest";
import { defaultTransport, type TransportRequest, type TransportResponse } from "../../src/wire/index.ts";
import { startChaos } from "../support/chaos.ts";
import { failureOf, serve, settle, until } from "./support.ts";

const send = defaultTransport();

function requestTo(url: string, more: Partial<TransportRequest> = {}): TransportRequest {
  return { method: "POST", url, headers: {}, signal: new AbortController().signal, ...more };
}

async function textOf({ body }: TransportResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of body) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}

describe("a request", () => {
  test("sends of its body the view and nothing around it", async () => {
    await using server = await startChaos([{ fault: "none", body: "" }]);
    const whole = new TextEncoder().encode("before|the body|behind");
    await textOf(await send(requestTo(server.url, { body: whole.subarray(7, 15) })));
    expect(server.requests[0]?.body.toString()).toBe("the body");
    expect(server.requests[0]?.headers["content-length"]).toBe("8");
  });

  test("whose signal is aborted before is not sent, and fails with the very reason", async () => {
    await using server = await serve((_, response) => response.end());
    const reason = { mine: true };
    expect(await failureOf(send(requestTo(server.url, { signal: AbortSignal.abort(reason) })))).toBe(reason);
    expect(server.requests).toEqual([]);
  });
});

describe("an answer", () => {
  test("begins behind those that only announce it", async () => {
    await using server = await serve((_, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.writeProcessing();
      response.writeHead(201, { "x-mine": "yes" }).end("whole");
    });
    const answer = await send(requestTo(server.url));
    expect([answer.status, answer.header("x-mine"), answer.header("link")]).toEqual([201, "yes", undefined]);
    expect(await textOf(answer)).toBe("whole");
  });

  test("ends before its trailers", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { trailer: "x-late" }).write("whole");
      response.addTrailers({ "x-late": "1" });
      response.end();
    });
    const answer = await send(requestTo(server.url));
    expect(await textOf(answer)).toBe("whole");
    expect(answer.header("x-late")).toBeUndefined();
  });

  test("has its headers by their lower-case names, several of one name in a row, and no others", async () => {
    await using server = await serve((_, response) =>
      response.writeHead(200, { "X-Mine": ["a", "b"], "Content-Type": "text/plain" }).end(),
    );
    const { header, body } = await send(requestTo(server.url));
    const names = ["x-mine", "content-type", "x-other", "constructor", "__proto__"];
    expect(names.map(header)).toEqual(["a, b", "text/plain", undefined, undefined, undefined]);
    for await (const _ of body) expect.fail("there is no body");
  });

  test("of which nothing is read is not sent on, and leaving it closes the connection", async () => {
    await using server = await startChaos([{ fault: "flood", unit: "a".repeat(60_000) }]);
    const { body } = await send(requestTo(server.url));
    let before = -1;
    while (server.bytesOut > before) {
      before = server.bytesOut;
      for (let round = 0; round < 20; round += 1) await settle();
    }
    // What the system holds on its way, on both sides; the server would send a thousand times as much.
    expect(server.bytesOut).toBeLessThan(32 * 1024 * 1024);
    for await (const _ of body) break;
    await until(() => server.open === 0);
  });

  test("that is aborted rejects its reader with the very reason, and its connection is closed", async () => {
    await using server = await startChaos([{ fault: "cut", at: 40, how: "stall" }]);
    const controller = new AbortController();
    const { body } = await send(requestTo(server.url, { signal: controller.signal }));
    const reason = Symbol("mine");
    const reads = body[Symbol.asyncIterator]();
    expect((await reads.next()).done).toBe(false);
    const reading = failureOf(reads.next());
    controller.abort(reason);
    expect(await reading).toBe(reason);
    await until(() => server.open === 0);
  });

  test("that came before its connection broke is read to the break", async () => {
    await using server = await startChaos([{ fault: "cut", at: 40, how: "stall" }]);
    const { body } = await send(requestTo(server.url));
    const reads = body[Symbol.asyncIterator]();
    const first = await reads.next();
    expect(first.value?.byteLength).toBe(40);
    const reading = failureOf(reads.next());
    server.reset();
    expect(await reading).toMatchObject({ code: "connection_failed", retryable: true });
  });
});
