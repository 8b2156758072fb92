import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { bytes, failureOf, KEY, replay } from "../wire/support.ts";
import { ask, bad, client, good, inTurn } from "./support.ts";

afterEach(() => vi.unstubAllEnvs());

describe("a client", () => {
  test("takes its key from the environment at the first request, and its base URL when it is made", async () => {
    vi.stubEnv("XAI_BASE_URL", "https://proxy.example/");
    const transport = good();
    const made = createClient({ transport });
    vi.stubEnv("XAI_API_KEY", "from-the-environment");
    await made.chat.completions.create(ask);
    expect(transport.requests[0]).toMatchObject({
      url: "https://proxy.example/v1/chat/completions",
      headers: { authorization: "Bearer from-the-environment" },
    });
  });

  test("without any key says which variable to set", async () => {
    vi.stubEnv("XAI_API_KEY", " ");
    vi.stubEnv("XAI_BASE_URL", "");
    const error = await failureOf(createClient({ transport: good() }).chat.completions.create(ask));
    expect(error).toMatchObject({ code: "no_api_key", attempts: 1, message: expect.stringContaining("XAI_API_KEY") });
  });

  test.each([
    ["baseUrl", "baseURL"],
    ["base_url", "baseURL"],
    ["api_key", "apiKey"],
    ["apikey", "apiKey"],
    ["timeout", "timeouts"],
    ["maxRetries", "retry: { attempts }"],
    ["organization", "Options: apiKey, baseURL"],
  ])("made with %s is told of %s", (name, right) => {
    expect(() => createClient({ [name]: "x" })).toThrow(
      expect.objectContaining({ code: "invalid_option", message: expect.stringContaining(right) }),
    );
  });

  test.each([{ attempts: 0 }, { attempts: 1.5 }, { attempts: Number.NaN }, { baseMs: -1 }, { retries: 3 }])(
    "made with the retry policy %j is refused",
    (retry) => {
      expect(() => createClient({ retry })).toThrow(expect.objectContaining({ code: "invalid_option" }));
    },
  );

  test("takes a fetch or a transport, not both", () => {
    expect(() => createClient({ fetch, transport: good() })).toThrow(/either fetch or transport/);
  });

  test("shows its key nowhere", () => {
    const made = createClient({ apiKey: KEY, headers: { "x-secret": KEY } });
    const model = made.model("grok-4.7");
    for (const shown of [
      inspect(made, { depth: 9, showHidden: true }),
      JSON.stringify(made),
      inspect(model, { depth: 9, showHidden: true }),
      JSON.stringify(model),
    ]) {
      expect(shown).not.toContain(KEY);
    }
  });

  test("lists and gets models, and tries again", async () => {
    const headers = { "content-type": "application/json" };
    const list = inTurn(bad(502), replay([bytes('{"data":[{"id":"grok-4.7"}]}')], { headers }));
    expect(await client(list).models.list()).toEqual([{ id: "grok-4.7" }]);
    expect(list.count()).toBe(2);
    expect(await client(replay([bytes('{"id":"grok-4.7"}')], { headers })).models.get("grok-4.7")).toEqual({
      id: "grok-4.7",
    });
  });

  test("makes a model that makes one attempt at a turn", async () => {
    const transport = inTurn(bad(503));
    const model = client(transport).model("grok-4.7");
    expect(model.id).toBe("grok-4.7");
    const turn = model.stream(
      { messages: [{ role: "user", content: "Hi" }], tools: [], settings: {}, conversation: "c" },
      new AbortController().signal,
    );
    const read = async () => {
      for await (const _ of turn);
    };
    expect(await failureOf(read())).toMatchObject({ code: "server_error" });
    expect(transport.count()).toBe(1);
  });
});
