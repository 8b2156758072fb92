import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentPart, Message, MessageToolCall } from "../../src/message/index.ts";
import { fromChatMessages, toChatMessages } from "../../src/model/index.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const part: fc.Arbitrary<ContentPart> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text }),
  fc.record(
    {
      type: fc.constant("image" as const),
      url: text,
      detail: fc.constantFrom("auto" as const, "low" as const, "high" as const),
    },
    { requiredKeys: ["type", "url"] },
  ),
  fc.record({ type: fc.constant("file" as const), fileId: text }),
  fc.record({ type: fc.constant("file" as const), url: text }),
);
const content = fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 }));
const args = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value, null, 1));
const calls = fc.array(fc.record({ id: text, tool: text, arguments: args }), { minLength: 1, maxLength: 3 });

const plain: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant("system" as const), content: text, name: text }, { requiredKeys: ["role", "content"] }),
  fc.record({ role: fc.constant("user" as const), content, name: text }, { requiredKeys: ["role", "content"] }),
  fc
    .record(
      {
        role: fc.constant("assistant" as const),
        content: fc.oneof(fc.constant(""), text),
        reasoning: text,
        refusal: text,
        toolCalls: calls,
      },
      { requiredKeys: ["role", "content"] },
    )
    // What says nothing is left out; what says the same twice cannot be told from a refusal alone.
    .filter(({ content, refusal, toolCalls }) => content !== refusal && !!(content || refusal || toolCalls)),
  fc.record({ role: fc.constant("tool" as const), callId: text, content }),
);

/** Tool messages carry the name of the call they answer, as the loop writes them. */
function paired(messages: readonly Message[]): Message[] {
  const tools = new Map<string, string>();
  return messages.map((message) => {
    if (message.role === "assistant") for (const { id, tool } of message.toolCalls ?? []) tools.set(id, tool);
    const tool = message.role === "tool" ? tools.get(message.callId) : undefined;
    return tool === undefined ? message : ({ ...message, tool } as Message);
  });
}

describe("a transcript", () => {
  test("that became chat messages and came back is the same", () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 8 }), (some) => {
        const messages = paired(some);
        expect(fromChatMessages(JSON.parse(JSON.stringify(toChatMessages(messages))))).toEqual(messages);
      }),
      { numRuns: 500 },
    );
  });

  test("of chat messages that came in and goes out again is the same", () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 8 }), (messages) => {
        const chat = toChatMessages(messages);
        expect(toChatMessages(fromChatMessages(chat))).toEqual(chat);
      }),
    );
  });

  test("changes none of what it is given", () => {
    const frozen = Object.freeze([Object.freeze({ role: "user", content: "Hi" } as const)]);
    expect(toChatMessages(frozen)).toEqual(frozen);
    expect(fromChatMessages(frozen)).toEqual(frozen);
  });
});

describe("chat messages as others write them", () => {
  test("come in with content in parts, null content, developer, and arguments as objects", () => {
    const messages = fromChatMessages([
      {
        role: "developer",
        content: [
          { type: "text", text: "Be brief." },
          { type: "text", text: "Be kind." },
        ],
      },
      {
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          { type: "input_image", image_url: "https://example.com/a.png" },
        ],
      },
      {
        role: "assistant",
        content: null,
        refusal: null,
        reasoning_content: "First",
        tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: { at: 1 } }, index: 0 }],
        function_call: null,
      },
      { role: "tool", tool_call_id: "c1", content: "a cat" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "A " },
          { type: "text", text: "cat." },
        ],
        annotations: [],
      },
    ]);
    expect(messages).toEqual([
      { role: "system", content: "Be brief.\nBe kind." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", url: "https://example.com/a.png" },
        ],
      },
      {
        role: "assistant",
        content: "",
        reasoning: "First",
        toolCalls: [{ id: "c1", tool: "look", arguments: '{"at":1}' }],
      },
      { role: "tool", callId: "c1", tool: "look", content: "a cat" },
      { role: "assistant", content: "A cat." },
    ]);
  });

  test.each([
    ["Hi", "messages is no list"],
    [{ messages: [] }, "messages is no list"],
    [[7], "messages[0] is 7"],
    [[{ content: "x" }], "messages[0].role is missing"],
    [[{ role: "function", name: "f", content: "x" }], 'messages[0].role is "function", which is retired'],
    [[{ role: "user", content: null }], "messages[0].content is null"],
    [[{ role: "user", content: [{ type: "input_audio" }] }], 'messages[0].content[0].type is "input_audio"'],
    [
      [{ role: "user", content: [{ type: "image_url", image_url: { url: "u", file_id: "f" } }] }],
      "image_url has a url and a file_id",
    ],
    [[{ role: "user", content: [{ type: "image_url", image_url: { url: "u", detail: "x" } }] }], "image_url.detail is"],
    [[{ role: "user", content: [{ type: "file", file: {} }] }], "has neither file_id nor url"],
    [[{ role: "system", content: [{ type: "image_url" }] }], "messages[0].content[0].type"],
    [[{ role: "tool", content: "x" }], "messages[0].tool_call_id is missing"],
    [[{ role: "assistant", function_call: { name: "f", arguments: "{}" } }], "messages[0].function_call is retired"],
    [
      [{ role: "assistant", tool_calls: [{ type: "function", function: { name: "f", arguments: "{}" } }] }],
      "tool_calls[0].id is missing",
    ],
    [[{ role: "assistant", tool_calls: [{ id: "a", type: "custom" }] }], 'tool_calls[0].type is "custom"'],
    [
      [{ role: "assistant", tool_calls: [{ id: "a", function: { name: "f", arguments: 1 } }] }],
      "function.arguments is 1",
    ],
  ])("that no conversation of ours can hold are refused, naming the place: %j", (json, says) => {
    expect(() => fromChatMessages(json)).toThrow(
      expect.objectContaining({ code: "invalid_message", message: expect.stringContaining(says) }),
    );
  });
});

describe("messages as they go out", () => {
  test("send a refusal as what the model said, so that the message is not empty", () => {
    const [sent] = toChatMessages([{ role: "assistant", content: "", refusal: "I won't." }]);
    expect(sent).toEqual({ role: "assistant", content: "I won't.", refusal: "I won't." });
  });

  test("leave out reasoning without an answer, since xAI refuses a message without content", () => {
    expect(toChatMessages([{ role: "assistant", content: "", reasoning: "Hm." }])).toEqual([]);
  });

  test("keep call ids that repeat in every turn", () => {
    const call: MessageToolCall = { id: "call_0", tool: "t", arguments: "{}" };
    const round: Message[] = [
      { role: "assistant", content: "", toolCalls: [call] },
      { role: "tool", callId: "call_0", tool: "t", content: "1" },
    ];
    expect(fromChatMessages(toChatMessages([...round, ...round]))).toEqual([...round, ...round]);
  });
});
