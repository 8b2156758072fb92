import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEndpoint, streamChat, streamMessages, streamResponses } from "../../src/wire/index.ts";
import { BODY, bytes, completionOf, endpointOver, failureOf, frames, KEY, readAll, replay } from "./support.ts";

const whole = () => replay([bytes(frames([{ choices: [{ delta: {}, finish_reason: "stop" }] }]))]);

describe("a base URL", () => {
  test.each([
    ["https://api.x.ai/v1", "https://api.x.ai/v1"],
    ["https://api.x.ai/v1/", "https://api.x.ai/v1"],
    ["https://api.x.ai", "https://api.x.ai/v1"],
    ["https://api.x.ai/", "https://api.x.ai/v1"],
    [" https://us.api.x.ai/v1// ", "https://us.api.x.ai/v1"],
    ["https://host.example/proxy", "https://host.example/proxy/v1"],
    ["https://host.example/proxy/v2/", "https://host.example/proxy/v2"],
    ["https://host.example/v1/xai", "https://host.example/v1/xai/v1"],
    ["http://localhost:8080", "http://localhost:8080/v1"],
    ["http://127.0.0.1:1", "http://127.0.0.1:1/v1"],
    ["http://[::1]:1/v1", "http://[::1]:1/v1"],
  ])("%s is used as %s", (given, used) => expect(createEndpoint({ baseUrl: given }).baseUrl).toBe(used));

  test.each(["messages", "chat/completions", "responses"])("may be the pasted address of %s", (path) => {
    for (const [base, used] of [
      ["https://h.example/v1", "https://h.example/v1"],
      ["https://h.example/proxy/xai/v2", "https://h.example/proxy/xai/v2"],
      ["http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"],
    ]) {
      for (const slashes of ["", "/", "//"]) {
        expect(createEndpoint({ baseUrl: `${base}/${path}${slashes}` }).baseUrl).toBe(used);
      }
    }
    // Without a version before it, it may be somebody's prefix.
    expect(createEndpoint({ baseUrl: `https://h.example/${path}` }).baseUrl).toBe(`https://h.example/${path}/v1`);
    expect(createEndpoint({ baseUrl: `https://h.example/v1/my-${path}` }).baseUrl).toContain(`/v1/my-${path}/v1`);
  });

  test.each([
    ["https://h.example", "https://h.example/v1"],
    ["https://h.example/", "https://h.example/v1"],
    ["https://h.example/v1", "https://h.example/v1"],
    ["https://h.example/v1/", "https://h.example/v1"],
    ["https://h.example/v1/messages", "https://h.example/v1"],
    ["https://h.example/v1/chat/completions/", "https://h.example/v1"],
    ["https://h.example/v1/responses", "https://h.example/v1"],
    ["https://h.example/proxy/xai", "https://h.example/proxy/xai/v1"],
    ["https://h.example/proxy/xai/v1/messages/", "https://h.example/proxy/xai/v1"],
  ])("%s serves all three protocols", async (baseUrl, used) => {
    const transport = replay([]);
    const endpoint = endpointOver(transport, { baseUrl });
    const options = { signal: new AbortController().signal };
    await streamChat(endpoint, BODY, options);
    await streamResponses(endpoint, BODY, options);
    await streamMessages(endpoint, BODY, options);
    expect(transport.requests.map(({ url }) => url)).toEqual([
      `${used}/chat/completions`,
      `${used}/responses`,
      `${used}/messages`,
    ]);
  });

  test("is xAI's unless it is set", () => expect(createEndpoint().baseUrl).toBe("https://api.x.ai/v1"));

  test.each([
    "",
    "api.x.ai/v1",
    "not a url",
    "ftp://api.x.ai",
    "https://key@api.x.ai",
    "https://api.x.ai/v1?key=1",
    "https://api.x.ai/#a",
  ])("%j is refused with the form it takes", (baseUrl) =>
    expect(() => createEndpoint({ baseUrl })).toThrow(
      expect.objectContaining({ code: "bad_base_url", message: expect.stringContaining("https://api.x.ai/v1") }),
    ),
  );

  test("of the dead host names the right one", () => {
    for (const baseUrl of ["https://api.grok.xai.com/v1", "http://API.grok.xai.com"]) {
      expect(() => createEndpoint({ baseUrl })).toThrow(
        expect.objectContaining({ code: "bad_base_url", message: expect.stringContaining("https://api.x.ai/v1") }),
      );
    }
  });

  test("of plain http to another machine is refused (row 19)", () => {
    for (const host of ["api.x.ai", "192.168.0.1", "127.0.0.1.example.com", "localhost.example.com", "[::2]"]) {
      expect(() => createEndpoint({ baseUrl: `http://${host}` })).toThrow(
        expect.objectContaining({ code: "insecure_base_url" }),
      );
    }
  });

  test("has the same meaning with or without /v1 and slashes, for every host", () => {
    fc.assert(
      fc.property(fc.domain(), fc.constantFrom("", "/", "//"), (host, slashes) => {
        const plain = createEndpoint({ baseUrl: `https://${host}${slashes}` }).baseUrl;
        expect(createEndpoint({ baseUrl: `https://${host}/v1${slashes}` }).baseUrl).toBe(plain);
      }),
    );
  });
});

describe("a key", () => {
  test("is asked for before every attempt", async () => {
    const keys = ["first-key", "second-key"];
    const transport = whole();
    const endpoint = endpointOver(transport, { apiKey: async () => keys.shift() ?? "" });
    await readAll(endpoint);
    await readAll(endpoint);
    expect(transport.requests.map((request) => request.headers.authorization)).toEqual([
      "Bearer first-key",
      "Bearer second-key",
    ]);
  });

  test.each([undefined, "", "  ", () => "", async () => " \n"])(
    "that is empty is missed before anything is sent",
    async (apiKey) => {
      const transport = whole();
      const endpoint = createEndpoint({ transport, ...(apiKey === undefined ? {} : { apiKey }) });
      expect(await failureOf(readAll(endpoint))).toMatchObject({
        code: "no_api_key",
        retryable: false,
        message: expect.stringContaining("XAI_API_KEY"),
      });
      expect(transport.requests).toEqual([]);
    },
  );

  test("is not needed where the server needs none", async () => {
    const transport = whole();
    await readAll(createEndpoint({ transport, keyRequired: false }));
    expect(transport.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test.each([
    [undefined, { authorization: `Bearer ${KEY}` }],
    ["bearer", { authorization: `Bearer ${KEY}` }],
    ["x-api-key", { "x-api-key": KEY }],
    ["both", { authorization: `Bearer ${KEY}`, "x-api-key": KEY }],
  ] as const)("goes where auth %s says, whatever other headers say", async (auth, expected) => {
    const transport = whole();
    const headers = { "x-api-key": "other", authorization: "other" };
    const used = endpointOver(transport, auth === undefined ? {} : { auth });
    await readAll(used);
    await readAll(used, { headers });
    const sent = transport.requests.map(({ headers: { authorization, "x-api-key": own } }) => ({
      ...(authorization === undefined ? {} : { authorization }),
      ...(own === undefined ? {} : { "x-api-key": own }),
    }));
    expect(sent).toEqual([expected, { ...headers, ...expected }]);
  });

  test("goes nowhere else: another auth is refused, without being shown", () => {
    for (const auth of [KEY, "Bearer", "", 7]) {
      const make = () => createEndpoint({ apiKey: KEY, auth: auth as "bearer" }); // as a program without types would
      expect(make).toThrow(
        expect.objectContaining({ code: "invalid_option", message: expect.not.stringContaining(KEY) }),
      );
    }
  });

  test("with a line break or a foreign letter is refused without being shown", async () => {
    for (const apiKey of [`${KEY}\nx`, `${KEY} x`, `${KEY}é`]) {
      const error = await failureOf(completionOf(whole(), { apiKey }));
      expect(error).toMatchObject({ code: "invalid_option" });
      expect(inspect(error)).not.toContain(KEY);
    }
  });

  test("loses the white space around it", async () => {
    const transport = whole();
    await completionOf(transport, { apiKey: ` ${KEY}\n` });
    expect(transport.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test("that cannot be fetched is a typed error, with the reason as its cause only", async () => {
    const failureFor = (cause: Error): Promise<unknown> => {
      const apiKey = () => {
        throw cause;
      };
      return failureOf(completionOf(whole(), { apiKey }));
    };
    const cause = new Error("the vault is closed");
    const error = await failureFor(cause);
    expect(error).toMatchObject({ code: "no_api_key" });
    expect((error as Error).cause).toBe(cause);
    expect(String(error)).not.toContain("vault");
    expect(inspect(await failureFor(new Error(`cannot read ${KEY}`)))).not.toContain(KEY);
  });

  test("is not in what an endpoint prints as", () => {
    const endpoint = createEndpoint({ apiKey: KEY, headers: { "x-secret": KEY } });
    for (const shown of [
      JSON.stringify(endpoint),
      inspect(endpoint, { depth: 9, showHidden: true }),
      String(endpoint),
    ]) {
      expect(shown).not.toContain(KEY);
    }
  });
});

describe("headers", () => {
  test("say who asks, what for, and what is accepted", async () => {
    const transport = whole();
    await readAll(endpointOver(transport, { headers: { "X-Team": "blue" } }), {
      requestId: "id-1",
      headers: { "x-grok-conv-id": "c", authorization: "Bearer other" },
    });
    expect(transport.requests[0]).toMatchObject({
      method: "POST",
      url: "https://api.x.ai/v1/chat/completions",
      headers: {
        authorization: `Bearer ${KEY}`,
        accept: "text/event-stream",
        "content-type": "application/json",
        "x-client-request-id": "id-1",
        "x-grok-conv-id": "c",
        "x-team": "blue",
      },
    });
  });

  test("that cannot be sent are refused by name, not by value", async () => {
    const refusal = expect.objectContaining({ code: "invalid_option", message: expect.not.stringContaining("hush") });
    expect(() => createEndpoint({ headers: { "x-a": "hush\r\nx-b: 1" } })).toThrow(refusal);
    expect(() => createEndpoint({ headers: { "x a": "hush" } })).toThrow(refusal);
    expect(await failureOf(readAll(endpointOver(whole()), { headers: { "x-a": "hush\n" } }))).toEqual(refusal);
  });
});

test("timeouts that are no time, or have another name, are refused", () => {
  for (const headersMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    expect(() => createEndpoint({ timeouts: { headersMs } })).toThrow(/timeouts.headersMs/);
  }
  // @ts-expect-error: not a timeout
  expect(() => createEndpoint({ timeouts: { connect: 1 } })).toThrow(/headersMs, idleMs, patientMs, progressMs/);
});
