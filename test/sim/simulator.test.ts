import { connect } from "node:net";
import { expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { simModels, startSimulator } from "../../src/sim/index.ts";
import { chat, post, type Reply, readReply, withSimulator } from "./support.ts";

test("a simulator listens on loopback, names its URL and says in every answer that it is simulated (row 144)", async () => {
  await withSimulator({}, async (simulator) => {
    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(simulator.apiKey).toMatch(/^sim_/);
    const replies = [
      await post(simulator, chat()),
      await post(simulator, chat({ model: "no-such" })),
      await post(simulator, chat({ stream: true })),
      await readReply(await fetch(`${simulator.origin}/nowhere`)),
    ];
    for (const { headers } of replies) {
      expect(headers.get("x-fairwitness-simulated")).toBe("true");
      expect(headers.get("x-request-id")).toMatch(/^sim_req_\d+$/);
    }
  });
});

test("what is not HTTP at all is refused with the label", async () => {
  await withSimulator({}, async (simulator) => {
    const socket = connect(Number(new URL(simulator.origin).port), "127.0.0.1");
    socket.write("nonsense\r\n\r\n");
    let text = "";
    for await (const part of socket) text += String(part);
    expect(text).toContain("400 Bad Request");
    expect(text).toContain("x-fairwitness-simulated: true");
  });
});

test("requests are recorded in order with their bodies and without their keys", async () => {
  await withSimulator({ apiKey: "sim_secret_1" }, async (simulator) => {
    await post(simulator, chat({ user: "first" }), { "x-grok-conv-id": "c1", "x-api-key": "sim_secret_1" });
    await post(simulator, "{", { authorization: "Bearer sim_secret_1" });
    await post(simulator, chat({ model: "no-such" }));
    const [first, second, third] = simulator.requests;
    expect(first?.body).toEqual(chat({ user: "first" }));
    expect(first?.headers["x-grok-conv-id"]).toBe("c1");
    expect([first?.status, second?.status, third?.status]).toEqual([200, 400, 404]);
    expect(second?.body).toBe("{");
    expect(JSON.stringify(simulator.requests)).not.toContain("sim_secret_1");
  });
});

test("a real-looking key is refused with a clear text and is kept nowhere (row 144)", async () => {
  await withSimulator({}, async (simulator) => {
    for (const headers of [{ authorization: "Bearer xai-abc123" }, { "x-api-key": "xai-abc123" }]) {
      const reply = await post(simulator, chat(), headers);
      expect(reply.status).toBe(400);
      expect(reply.json.error).toMatch(/simulator.*real key must not be sent/);
      expect(JSON.stringify([reply.text, simulator.requests])).not.toContain("abc123");
    }
  });
  await expect(startSimulator({ apiKey: "xai-abc123" })).rejects.toThrow(/takes no real key/);
});

test("a port in use and an impossible port are typed errors that name the port", async () => {
  await withSimulator({}, async (simulator) => {
    const port = Number(new URL(simulator.origin).port);
    const error = await startSimulator({ port }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({ code: "invalid_option", message: expect.stringContaining(`port ${port}`) });
  });
  await expect(startSimulator({ port: 70_000 })).rejects.toMatchObject({ code: "invalid_option" });
});

test("models are listed and found by id, alias and retired name", async () => {
  await withSimulator({}, async (simulator) => {
    const get = async (path: string): Promise<Reply> =>
      readReply(await fetch(simulator.url + path, { headers: { authorization: `Bearer ${simulator.apiKey}` } }));
    const list = await get("/models");
    expect(list.json.object).toBe("list");
    expect(list.json.data.map((model: { id: string }) => model.id)).toEqual(simModels.map(({ id }) => id));
    const model = await get("/models/grok-4.7");
    expect(model.json).toMatchObject({ id: "grok-4.7", object: "model", owned_by: "xai", context_length: 500_000 });
    expect(model.json.completion_text_token_price).toBe(60_000);
    expect(model.json.capabilities.reasoning_effort).toContain("xhigh");
    expect((await get("/models/grok-4.7-latest")).json.id).toBe("grok-4.7");
    expect((await get("/models/grok-4-0709")).json.id).toBe("grok-4.3");
    expect((await get("/models/grok-code-fast-1")).json.id).toBe("grok-build-0.1");
    expect((await get("/models/%E0%A4%A")).status).toBe(404);
  });
});

test("a retired name is answered and billed as its target", async () => {
  await withSimulator(
    { script: [{ text: "hi", usage: { promptTokens: 10, completionTokens: 1 } }] },
    async (simulator) => {
      const { json } = await post(simulator, chat({ model: "grok-3-mini" }));
      expect(json.model).toBe("grok-4.3");
      expect(json.usage.cost_in_usd_ticks).toBe(10 * 12_500 + 25_000);
    },
  );
});

test("usage adds up as on xAI, and long prompts cost the long-context price", async () => {
  const usage = { promptTokens: 200_000, cachedTokens: 50_000, completionTokens: 7, reasoningTokens: 11 };
  await withSimulator(
    {
      script: [
        { text: "hi", reasoning: "hm", usage },
        { text: "hi", reasoning: "hm hm" },
      ],
    },
    async (simulator) => {
      const long = (await post(simulator, chat())).json.usage;
      expect(long.total_tokens).toBe(200_018);
      expect(long.cost_in_usd_ticks).toBe(150_000 * 40_000 + 50_000 * 10_000 + 18 * 120_000);
      const estimated = (await post(simulator, chat())).json.usage;
      const { prompt_tokens: prompt, completion_tokens: completion, completion_tokens_details: details } = estimated;
      expect(estimated.total_tokens).toBe(prompt + completion + details.reasoning_tokens);
      expect(estimated.cost_in_usd_ticks).toBe(prompt * 20_000 + (completion + details.reasoning_tokens) * 60_000);
    },
  );
});

test("close ends open streams, may be called twice, and frees the port", async () => {
  const simulator = await startSimulator({ script: [{ text: "one two three", chunkDelayMs: 10_000 }] });
  const port = Number(new URL(simulator.origin).port);
  const response = await fetch(`${simulator.url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${simulator.apiKey}` },
    body: JSON.stringify(chat({ stream: true })),
  });
  const reading = response.text();
  reading.catch(() => undefined);
  await Promise.all([simulator.close(), simulator.close()]);
  await expect(reading).rejects.toThrow();
  await (await startSimulator({ port })).close();
});
