import { describe, expect, test } from "vitest";
import type { AssistantMessage, Message, RawItems } from "../../src/message/index.ts";
import { createModel, type Model } from "../../src/model/index.ts";
import { createEndpoint } from "../../src/wire/index.ts";
import { chunk, drain, eventStream, never, request, type Sent } from "./fake-endpoint.ts";
import { begin, end, framed, said, start, stop } from "./messages-support.ts";
import { completed, message, reasoning, webCall, xCall } from "./responses-support.ts";

const APIS = ["chat", "responses", "messages"] as const;
type Api = (typeof APIS)[number];

const answers: Readonly<Record<Api, Uint8Array>> = {
  chat: eventStream([chunk({ role: "assistant", content: "ok" }), chunk({}, {}, "stop")]),
  responses: eventStream([completed([message("ok")])]),
  messages: framed([begin(), start(0, said("ok")), stop(0), ...end("end_turn")]),
};

interface Asked {
  model: Model;
  sent: readonly Sent[];
  /** The warnings of the next request. */
  warnings(messages: readonly Message[]): Promise<readonly { code: string; message: string }[]>;
}

/** A model that always answers `ok`, but breaks off the first `cuts` answers. */
function ask(
  api: Api,
  { cuts = 0, baseUrl = "http://127.0.0.1:9/v1" }: { cuts?: number; baseUrl?: string } = {},
): Asked {
  const sent: Sent[] = [];
  const endpoint = createEndpoint({
    apiKey: "sim_key",
    baseUrl,
    transport: async ({ body: sentBody, headers }) => {
      const bytes = new Uint8Array(sentBody ?? new Uint8Array());
      const text = new TextDecoder().decode(bytes);
      sent.push({ headers, bytes, text, json: JSON.parse(text) });
      const whole = sent.length > cuts ? answers[api] : new Uint8Array();
      async function* body(): AsyncGenerator<Uint8Array> {
        yield whole;
      }
      return {
        status: 200,
        header: (name) => (name === "content-type" ? "text/event-stream" : undefined),
        body: body(),
      };
    },
  });
  const model = createModel({ id: "grok-4.7", endpoint, api });
  return {
    model,
    sent,
    async warnings(messages) {
      const seen = await drain(model.stream(request({ messages }), never));
      if (seen.error !== undefined && sent.length > cuts) throw seen.error;
      return seen.events.flatMap((event) => (event.type === "warning" ? [event] : []));
    },
  };
}

const hi: Message = { role: "user", content: "Hi" };
const said_: AssistantMessage = { role: "assistant", content: "Said." };
const own = { provider: "127.0.0.1", family: "grok-4" };
const responsesItems = (...items: readonly object[]): AssistantMessage => ({
  ...said_,
  raw: { api: "responses", ...own, items },
});
const messagesBlocks = (...items: readonly object[]): AssistantMessage => ({
  ...said_,
  raw: { api: "messages", ...own, items },
});

const plain = message("Said.");
const cited = (text: string): object => message(text, [{ type: "url_citation", url: "https://a.example/x" }]);
const searched = webCall("ws_1", { type: "search", query: "q" });
const redacted = { type: "redacted_thinking", data: "blob" };
const signed = { type: "thinking", thinking: "Hm.", signature: "sig" };
const searchBlock = { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } };
const foundBlock = { type: "web_search_tool_result", tool_use_id: "s1", content: [] };

describe("what cannot move to another protocol", () => {
  test.each<[string, Api, Message, string, string]>([
    [
      "encrypted reasoning",
      "chat",
      responsesItems(reasoning("b"), plain),
      "foreign_items_dropped",
      "messages[1] holds what cannot go to grok-4.7 over chat completions: encrypted reasoning.",
    ],
    [
      "encrypted reasoning",
      "messages",
      responsesItems(reasoning("b"), plain),
      "foreign_items_dropped",
      "over the Messages protocol: encrypted reasoning.",
    ],
    [
      "redacted thinking",
      "responses",
      messagesBlocks(redacted, said("Said.")),
      "foreign_items_dropped",
      "over the Responses API: encrypted reasoning.",
    ],
    ["a web search", "chat", responsesItems(searched, plain), "foreign_items_dropped", "calls of web_search."],
    [
      "a web search and an X search",
      "messages",
      responsesItems(searched, xCall("x", "x_keyword_search", "{}"), plain),
      "foreign_items_dropped",
      "calls of web_search and calls of x_search.",
    ],
    [
      "a search of the Messages protocol",
      "responses",
      messagesBlocks(searchBlock, foundBlock, said("Said.")),
      "foreign_items_dropped",
      "calls of web_search.",
    ],
    [
      "citations that the text does not show",
      "chat",
      responsesItems(cited("Said.")),
      "foreign_items_dropped",
      "citations.",
    ],
    [
      "citations of the Messages protocol",
      "chat",
      messagesBlocks({ ...said("Said."), citations: [{ url: "https://a.example" }] }),
      "foreign_items_dropped",
      "citations.",
    ],
    [
      "an item that nobody knows",
      "chat",
      responsesItems({ type: "moon" }, plain),
      "foreign_items_dropped",
      "items of type moon.",
    ],
    [
      "a part that nobody knows",
      "messages",
      responsesItems({ ...message(""), content: [{ type: "moon" }] }),
      "foreign_items_dropped",
      "parts of type moon.",
    ],
    [
      "reasoning in the clear",
      "responses",
      { ...said_, reasoning: "Hm." },
      "reasoning_dropped",
      "messages[1] holds reasoning that cannot go to grok-4.7 over the Responses API",
    ],
    [
      "reasoning in the clear",
      "messages",
      { ...said_, reasoning: "Hm." },
      "reasoning_dropped",
      "over the Messages protocol",
    ],
    [
      "reasoning alone",
      "chat",
      { role: "assistant", content: "", reasoning: "Hm." },
      "reasoning_dropped",
      "over chat completions",
    ],
    [
      "a name",
      "messages",
      { ...hi, name: "ann" } as Message,
      "names_dropped",
      "messages[1] has the name of who speaks",
    ],
    [
      "how finely to look",
      "messages",
      { role: "user", content: [{ type: "image", url: "https://a.example/a.png", detail: "high" }] },
      "image_detail_dropped",
      "messages[1].content[0] says how finely",
    ],
  ])("is told of: %s to %s", async (_what, api, moved, code, words) => {
    expect(await ask(api).warnings([hi, moved, hi])).toEqual([
      { type: "warning", code, message: expect.stringContaining(words) },
    ]);
  });

  test.each<[string, Api, Message]>([
    [
      "what a response says and calls",
      "chat",
      responsesItems({ ...plain }, { type: "function_call", call_id: "c", name: "t", arguments: "{}" }),
    ],
    [
      "a refusal of a response",
      "messages",
      responsesItems({ ...message(""), content: [{ type: "refusal", refusal: "No." }] }),
    ],
    ["citations that stand in the text", "messages", responsesItems(cited("Said. [[1]](https://a.example/x)"))],
    ["signed thinking, as its text", "chat", { ...messagesBlocks(signed, said("Said.")), reasoning: "Hm." }],
    ["reasoning in the clear", "chat", { ...said_, reasoning: "Hm." }],
    ["names", "chat", { ...hi, name: "ann" } as Message],
    ["names", "responses", { ...hi, name: "ann" } as Message],
    ["items of a record that somebody broke", "chat", { ...said_, raw: null } as unknown as Message],
    ["items of a record that somebody broke", "messages", { ...said_, raw: { items: "x" } } as unknown as Message],
  ])("is not %s to %s: nothing is told", async (_what, api, moved) => {
    const model = ask(api);
    expect(await model.warnings([hi, moved, hi])).toEqual([]);
    expect(model.sent[0]?.text).toContain("Hi");
  });

  test.each(APIS)(
    "is told once for a conversation and a kind over %s, and again only where the answer failed",
    async (api) => {
      const model = ask(api, { cuts: 1 });
      const foreign: RawItems = {
        api: "responses",
        provider: "elsewhere.example",
        family: "grok-4",
        items: [searched],
      };
      const messages: Message[] = [hi, { ...said_, raw: foreign }, hi];
      expect(await model.warnings(messages)).toEqual([]); // the answer never came
      messages.push({ ...said_, raw: { ...foreign, items: [reasoning("b")] } }, hi);
      const told = await model.warnings(messages);
      expect(told).toEqual([
        expect.objectContaining({
          message: expect.stringMatching(
            /^messages\[1\] and messages\[3\] hold .*: calls of web_search and encrypted reasoning\./,
          ),
        }),
      ]);
      messages.push({ ...said_, raw: foreign }, hi);
      expect(await model.warnings(messages)).toEqual([]);
      expect(await model.warnings([...messages])).toHaveLength(1); // another conversation
    },
  );

  test("is named by the first places only, where there are many", async () => {
    const messages = Array.from({ length: 9 }, (): Message => responsesItems(reasoning("b"), plain));
    const [told] = await ask("chat").warnings([hi, ...messages, hi]);
    expect(told?.message).toMatch(/^messages\[1\], messages\[2\], messages\[3\] and 6 more hold/);
  });

  test.each<[string, Api, string, Message, string]>([
    [
      "a file's bytes",
      "chat",
      "http://127.0.0.1:9/v1",
      { role: "user", content: [{ type: "file", data: "aGk=", filename: "a.pdf" }] },
      "messages[1].content[0] holds a file's bytes",
    ],
    [
      "a file",
      "messages",
      "https://api.x.ai/v1",
      { role: "user", content: [{ type: "file", url: "https://a.example/a.pdf" }] },
      "messages[1].content[0] holds a file, which xAI does not take over the Messages protocol",
    ],
    [
      "an image by its id",
      "messages",
      "https://api.x.ai/v1",
      { role: "user", content: [{ type: "image", fileId: "file_1" }] },
      "messages[1].content[0] holds an image by its id",
    ],
  ])("at all, such as %s over %s, is refused before anything is sent", async (_what, api, baseUrl, moved, words) => {
    const model = ask(api, { baseUrl });
    const seen = await drain(model.model.stream(request({ messages: [hi, moved] }), never));
    expect(seen.error).toMatchObject({ code: "invalid_message", message: expect.stringContaining(words) });
    expect(model.sent).toEqual([]);
  });
});

describe("what the model said", () => {
  test.each(APIS)("goes to %s with the refusal that ended it", async (api) => {
    const model = ask(api);
    await model.warnings([hi, { ...said_, refusal: "No further." }, hi]);
    expect(model.sent[0]?.text).toContain("Said.");
    expect(model.sent[0]?.text).toContain("No further.");
  });
});
