import fc from "fast-check";
import { expect, test } from "vitest";
import type { SimCitation, SimServerCall, SimTurn } from "../../src/sim/index.ts";
import { ask, chat, type Json, post, respond, response, withSimulator } from "./support.ts";

const SOURCES = ["https://example.com/a", "https://x.com/sim_ana/status/1"];

/** The item of a call under an `include`. */
async function itemOf(call: SimServerCall, include: readonly string[] = []): Promise<Json> {
  return (await response({ serverTools: [call] }, ask({ include }))).json.output[0];
}

/** The text and the annotations of a message, in both modes. */
async function cited(text: string, citations: readonly SimCitation[], include: string[] = []): Promise<Json> {
  return (await response({ text, citations }, ask({ include }))).json.output[0].content[0];
}

test("sources, outputs and encrypted content come only to who asks for them", async () => {
  const web: SimServerCall = { kind: "web_search", input: { query: "q" }, sources: SOURCES, encrypted: true };
  expect((await itemOf(web)).action).toEqual({ type: "search", query: "q", sources: [] });
  expect((await itemOf(web, ["web_search_call.action.sources"])).action.sources).toEqual(
    SOURCES.map((url) => ({ type: "url", url })),
  );
  expect(await itemOf(web)).not.toHaveProperty("encrypted_content");
  expect(await itemOf(web, ["reasoning.encrypted_content"])).toHaveProperty("encrypted_content");
  const code: SimServerCall = { kind: "code_execution", input: { code: "print(1)" }, output: "1\n" };
  expect((await itemOf(code)).outputs).toBe(null);
  expect((await itemOf(code, ["code_interpreter_call.outputs"])).outputs).toEqual([{ type: "logs", logs: "1\n" }]);
  const mcp: SimServerCall = { kind: "mcp", action: "find", input: { id: 1 }, output: "found", server: "shop" };
  expect(await itemOf(mcp)).toMatchObject({ name: "find", server_label: "shop", arguments: '{"id":1}', output: null });
  expect((await itemOf(mcp, ["mcp_call.output"])).output).toBe("found");
});

test("calls are told in the shapes of today and of 2025, with their sub-tools and failures", async () => {
  expect((await itemOf({ kind: "web_search", action: "open_page", input: { url: "u" } })).action).toEqual({
    type: "open_page",
    url: "u",
  });
  expect(
    (await itemOf({ kind: "web_search", action: "find_in_page", input: { url: "u", pattern: "p" } })).action,
  ).toEqual({ type: "find_in_page", url: "u", pattern: "p" });
  expect(await itemOf({ kind: "x_search", action: "x_user_search", input: { query: "q" } })).toMatchObject({
    type: "custom_tool_call",
    name: "x_user_search",
    input: '{"query":"q"}',
    status: "completed",
  });
  expect(await itemOf({ kind: "x_search", input: { query: "q" }, oldShape: true })).toMatchObject({
    type: "x_search_call",
    name: "x_keyword_search",
    arguments: '{"query":"q"}',
    call_id: "",
  });
  expect(await itemOf({ kind: "mcp", failed: "no such tool" })).toMatchObject({
    status: "failed",
    error: "no such tool",
  });
});

test("reasoning is sealed when asked for, alone when the script says so, and never when it says not", async () => {
  const include = ["reasoning.encrypted_content"];
  const reasoned = async (turn: SimTurn, asked: string[]): Promise<Json> =>
    (await response(turn, ask({ include: asked }))).json.output[0];
  expect(await reasoned({ reasoning: "hm" }, [])).not.toHaveProperty("encrypted_content");
  expect((await reasoned({ reasoning: "hm" }, include)).encrypted_content).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(await reasoned({ reasoning: "hm", reasoningEncrypted: false }, include)).not.toHaveProperty(
    "encrypted_content",
  );
  expect(await reasoned({ reasoningEncrypted: true }, include)).toMatchObject({ type: "reasoning", summary: [] });
  expect((await reasoned({ reasoningEncrypted: "foreign" }, include)).encrypted_content).toBe("foreign");
});

test("annotations stand at their markers, and at the sentence before where markers are left out", async () => {
  const [a, b] = ["https://example.com/a", "https://example.com/b"];
  const text = `First. Sky is blue [[1]](${a})[[2]](${b}). Grass grows. [[1]](${a})`;
  const citations = [{ url: a }, { url: b }, { url: a }];
  const inline = await cited(text, citations);
  expect(inline.text).toBe(text);
  expect(inline.annotations.map(({ start_index: s, end_index: e }: Json) => text.slice(s, e))).toEqual([
    `[[1]](${a})`,
    `[[2]](${b})`,
    `[[1]](${a})`,
  ]);
  expect(inline.annotations.map(({ title }: Json) => title)).toEqual(["1", "2", "1"]);
  const bare = await cited(text, citations, ["no_inline_citations"]);
  expect(bare.text).toBe("First. Sky is blue. Grass grows.");
  expect(bare.annotations.map(({ start_index: s, end_index: e }: Json) => bare.text.slice(s, e))).toEqual([
    "Sky is blue",
    "Sky is blue",
    "Grass grows.",
  ]);
});

test("a script may give a phrase or a place, and a citation without either has no place", async () => {
  const { annotations } = await cited("Boats sail.", [
    { url: "https://a.invalid", marker: "sail", title: "A" },
    { url: "https://b.invalid", start: 2, end: 99 },
    { url: "https://c.invalid" },
    { url: "https://d.invalid", title: null },
  ]);
  expect(annotations).toEqual([
    { type: "url_citation", url: "https://a.invalid", start_index: 6, end_index: 10, title: "A" },
    { type: "url_citation", url: "https://b.invalid", start_index: 2, end_index: 99, title: "2" },
    { type: "url_citation", url: "https://c.invalid", title: "3" },
    { type: "url_citation", url: "https://d.invalid" },
  ]);
});

test("without markers every place is inside the text, on no marker, and of something", async () => {
  const sentence = fc.constantFrom("Sky is blue", " and é", ". ", "\n", "No", "");
  const part = fc.record({ before: sentence, at: fc.nat({ max: 2 }) });
  await withSimulator({ script: (request) => request.turn as SimTurn }, async (simulator) => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const urls = parts.map(({ at }) => `https://example.com/${at}`);
        const order = [...new Set(urls)];
        const text = parts
          .map(({ before }, n) => `${before} [[${order.indexOf(urls[n] ?? "") + 1}]](${urls[n]})`)
          .join("");
        const turn = { text, citations: urls.map((url) => ({ url })) };
        const { json } = await respond(simulator, ask({ turn, include: ["no_inline_citations"] }));
        const [content] = json.output[0].content;
        expect(content.text).not.toContain("[[");
        for (const { start_index: start, end_index: end } of content.annotations) {
          if (start === undefined) continue;
          expect(content.text.slice(start, end).trim()).toBe(content.text.slice(start, end));
          expect(start >= 0 && start < end && end <= content.text.length).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test("usage counts attempts and billable successes, and the cost has the price of the tools", async () => {
  const serverTools: readonly SimServerCall[] = [
    { kind: "web_search" },
    { kind: "web_search", failed: true },
    { kind: "x_search", sources: [...SOURCES.slice(1), "https://x.com/sim_bo"] },
    { kind: "code_execution" },
    { kind: "collections_search" },
    { kind: "mcp" },
  ];
  const usage = { promptTokens: 1000, cachedTokens: 200, completionTokens: 10, reasoningTokens: 5 };
  const { json } = await response({ serverTools, usage });
  const tokens = 800 * 20_000 + 200 * 5_000 + 15 * 60_000;
  const tools = 50_000_000 + 50_000_000 + 100_000_000 + 50_000_000 + 25_000_000;
  expect(json.usage).toMatchObject({
    input_tokens: 1000,
    output_tokens: 15,
    total_tokens: 1015,
    num_server_side_tools_used: 6,
    cost_in_usd_ticks: tokens + tools,
    server_side_tool_usage_details: { web_search_calls: 1, x_posts_fetched: 1, x_users_fetched: 1, mcp_calls: 1 },
  });
});

test("long context is told by the longest prompt, priority doubles tokens, and an image has no known price", async () => {
  const usage = { promptTokens: 300_000, completionTokens: 0, reasoningTokens: 0 };
  const cost = async (turn: SimTurn): Promise<number | undefined> =>
    (await response({ usage, ...turn })).json.usage.cost_in_usd_ticks;
  expect(await cost({})).toBe(300_000 * 40_000);
  expect(await cost({ serverTools: [{ kind: "mcp" }] })).toBe(300_000 * 20_000);
  expect(await cost({ serviceTier: "priority" })).toBe(300_000 * 80_000);
  expect(await cost({ serverTools: [{ kind: "image_generation" }] })).toBeUndefined();
});

test("a function script sees both endpoints in one form", async () => {
  const seen: Json[] = [];
  const script = (request: Json): SimTurn => {
    seen.push(request);
    return { text: "Fine" };
  };
  await withSimulator({ script }, async (simulator) => {
    await post(simulator, chat());
    await respond(simulator, ask({ tools: [{ type: "x_search" }], instructions: "Be brief." }));
  });
  expect(seen[0].messages).toEqual([{ role: "user", content: "Hello" }]);
  expect(seen[0].input).toBeUndefined();
  expect(seen[1].messages).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
  ]);
  expect(seen[1].hosted).toEqual([{ type: "x_search" }]);
});

test("language models have their prices in cents for 100 million tokens", async () => {
  await withSimulator({}, async (simulator) => {
    const headers = { authorization: `Bearer ${simulator.apiKey}` };
    const list: Json = await (await fetch(`${simulator.url}/language-models`, { headers })).json();
    const one: Json = await (await fetch(`${simulator.url}/language-models/grok-4.7`, { headers })).json();
    expect(list.models).toContainEqual(one);
    expect(one).toMatchObject({ id: "grok-4.7", prompt_text_token_price: 20_000, long_context_threshold: 200_000 });
    expect(one).not.toHaveProperty("context_length");
    expect((await fetch(`${simulator.url}/language-models/none`, { headers })).status).toBe(404);
  });
});

test("a stored response is fetched with the usage names of chat, and what was not stored is not there", async () => {
  await withSimulator({ script: [{ text: "One" }, { text: "Two" }] }, async (simulator) => {
    const headers = { authorization: `Bearer ${simulator.apiKey}` };
    const kept = (await respond(simulator, ask())).json;
    const unkept = (await respond(simulator, ask({ store: false }))).json;
    const fetched: Json = await (await fetch(`${simulator.url}/responses/${kept.id}`, { headers })).json();
    expect(fetched.output).toEqual(kept.output);
    expect(fetched.usage.prompt_tokens).toBe(kept.usage.input_tokens);
    expect((await fetch(`${simulator.url}/responses/${unkept.id}`, { headers })).status).toBe(404);
    const chained = await respond(simulator, ask({ previous_response_id: unkept.id }));
    expect([chained.status, chained.json.code]).toEqual([404, "not-found"]);
  });
});
