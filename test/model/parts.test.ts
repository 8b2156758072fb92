import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentPart, Message } from "../../src/message/index.ts";
import { createModel, fromChatMessages, toChatMessages } from "../../src/model/index.ts";
import { drain, fakeEndpoint, hello, never, request } from "./fake-endpoint.ts";

type Api = "chat" | "responses";

/** What one endpoint is sent of a conversation, or the message of what refuses it. */
async function sent(api: Api, messages: readonly Message[]): Promise<unknown> {
  const { endpoint, sent: bodies } = fakeEndpoint(() => ({ reads: [hello] }));
  const seen = await drain(createModel({ id: "grok-4.7", endpoint, api }).stream(request({ messages }), never));
  const body = bodies[0]?.json;
  if (body === undefined) return seen.error instanceof Error ? seen.error.message : seen.error;
  return api === "chat" ? body.messages : body.input;
}

const URL = "https://example.com/a.png";
const cases: readonly [string, ContentPart, unknown, unknown][] = [
  [
    "an image by address",
    { type: "image", url: URL, detail: "low" },
    { type: "image_url", image_url: { url: URL, detail: "low" } },
    { type: "input_image", image_url: URL, detail: "low" },
  ],
  [
    "an uploaded image",
    { type: "image", fileId: "file_1", detail: "high" },
    { type: "image_url", image_url: { file_id: "file_1", detail: "high" } },
    { type: "input_image", file_id: "file_1", detail: "high" },
  ],
  [
    "an uploaded file",
    { type: "file", fileId: "file_1", filename: "a.pdf" },
    { type: "file", file: { file_id: "file_1" } },
    { type: "input_file", file_id: "file_1" },
  ],
  [
    "a file by address",
    { type: "file", url: URL },
    { type: "file", file: { url: URL } },
    { type: "input_file", file_url: URL },
  ],
];

describe.each(cases)("%s", (_name, part, chat, responses) => {
  test("is sent in a message of the user as each endpoint wants it", async () => {
    const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "See" }, part] }];
    expect(await sent("chat", messages)).toEqual([{ role: "user", content: [{ type: "text", text: "See" }, chat] }]);
    expect(await sent("responses", messages)).toEqual([
      { role: "user", content: [{ type: "input_text", text: "See" }, responses] },
    ]);
  });

  test("is sent in a tool's result as each endpoint wants it", async () => {
    const call = { id: "c", tool: "look", arguments: "{}" };
    const messages: Message[] = [
      { role: "user", content: "Look" },
      { role: "assistant", content: "", toolCalls: [call] },
      { role: "tool", callId: "c", tool: "look", content: [part] },
    ];
    expect(await sent("chat", messages)).toMatchObject([{}, {}, { role: "tool", tool_call_id: "c", content: [chat] }]);
    expect(await sent("responses", messages)).toMatchObject([
      {},
      {},
      { type: "function_call_output", call_id: "c", output: [responses] },
    ]);
  });

  test("comes back from the JSON of either endpoint", () => {
    const { filename: _lost, ...kept } = part as ContentPart & { filename?: string };
    for (const json of [chat, responses]) {
      expect(fromChatMessages([{ role: "user", content: [json] }])).toEqual([{ role: "user", content: [kept] }]);
    }
  });
});

describe("a file's bytes", () => {
  const part: ContentPart = { type: "file", data: "aGk=", filename: "a.pdf", mediaType: "application/pdf" };
  const messages: Message[] = [{ role: "user", content: [part] }];

  test("go in the request of the Responses API", async () => {
    expect(await sent("responses", messages)).toEqual([
      {
        role: "user",
        content: [{ type: "input_file", file_data: "aGk=", filename: "a.pdf", mime_type: "application/pdf" }],
      },
    ]);
  });

  test("are refused before chat completions is asked, saying what to do", async () => {
    const words = expect.stringMatching(
      /messages\[0\]\.content\[0\] holds a file's bytes.*client\.files\.upload.*api: "responses"/,
    );
    expect(await sent("chat", messages)).toEqual(words);
    expect(() => toChatMessages(messages)).toThrow(
      expect.objectContaining({ code: "invalid_message", message: words }),
    );
  });

  test.each([
    ["xAI's", { type: "input_file", file_data: "aGk=", filename: "a.pdf", mime_type: "application/pdf" }],
    ["OpenAI's", { type: "file", file: { file_data: "data:application/pdf;base64,aGk=", filename: "a.pdf" } }],
  ])("are taken over from %s JSON", (_name, json) => {
    expect(fromChatMessages([{ role: "user", content: [json] }])).toEqual(messages);
  });

  test("without a name are refused, naming the place", async () => {
    const nameless: Message[] = [{ role: "user", content: [{ type: "file", data: "aGk=" }] }];
    expect(await sent("responses", nameless)).toContain("messages[0].content[0].filename is missing");
  });
});

test.each<[string, object, string]>([
  ["an image from nowhere", { type: "image" }, "messages[0].content[0] has neither url nor fileId"],
  [
    "an image from two places",
    { type: "image", url: URL, fileId: "f" },
    "messages[0].content[0] has a url and a fileId",
  ],
  ["a file from three places", { type: "file", url: URL, fileId: "f", data: "" }, "has a fileId and a url and a data"],
])("%s is sent nowhere", async (_name, part, message) => {
  const messages = [{ role: "user", content: [part as ContentPart] }] as const; // past the types, as in a file
  expect(await sent("chat", messages)).toContain(message);
  expect(await sent("responses", messages)).toContain(message);
});

test("images survive the way to chat completions and back", () => {
  const text = fc.string({ minLength: 1, maxLength: 20 });
  const detail = fc.constantFrom("auto" as const, "low" as const, "high" as const);
  const image = fc.oneof(
    fc.record({ type: fc.constant("image" as const), url: text, detail }, { requiredKeys: ["type", "url"] }),
    fc.record({ type: fc.constant("image" as const), fileId: text, detail }, { requiredKeys: ["type", "fileId"] }),
  );
  fc.assert(
    fc.property(fc.array(image, { minLength: 1, maxLength: 3 }), (content) => {
      const messages: Message[] = [{ role: "user", content }];
      expect(fromChatMessages(toChatMessages(messages))).toEqual(messages);
    }),
  );
});
