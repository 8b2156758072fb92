import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Message, NO_RESULT, pairMessages } from "../../src/message/index.ts";

const call = (id: string): { id: string; tool: string; arguments: string } => ({ id, tool: "t", arguments: "{}" });
const asks = (...ids: string[]): Message => ({ role: "assistant", content: "", toolCalls: ids.map(call) });
const result = (callId: string, content = callId): Message => ({ role: "tool", callId, content });
const user = (content: string): Message => ({ role: "user", content });

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.constantFrom("u1", "u2").map(user),
  fc.constant<Message>({ role: "system", content: "s" }),
  fc.constant<Message>({ role: "assistant", content: "text" }),
  fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }).map((ids) => asks(...ids)),
  fc.constantFrom("a", "b", "c", "z").map((id) => result(id)),
);

/** The rule xAI enforces, written down apart from the code that keeps it. */
function isPaired(messages: readonly Message[]): boolean {
  const seen = new Set<string>();
  const expected: string[] = [];
  for (const entry of messages) {
    if (entry.role === "tool") {
      if (expected.shift() !== entry.callId) return false;
      continue;
    }
    if (expected.length > 0) return false;
    if (entry.role !== "assistant") continue;
    for (const { id } of entry.toolCalls ?? []) {
      if (seen.has(id)) return false;
      seen.add(id);
      expected.push(id);
    }
  }
  return expected.length === 0;
}

describe("a conversation that is sent", () => {
  it("is returned as it is when every call has its result", () => {
    const messages = [user("hi"), asks("a", "b"), result("a"), result("b"), user("thanks")];
    expect(pairMessages(messages)).toEqual({ messages, repairs: [] });
    expect(pairMessages(messages).messages).toBe(messages);
  });

  it("gets a result that says so for a call without one", () => {
    const { messages, repairs } = pairMessages([asks("a", "b"), result("b"), user("go on")]);
    expect(messages.slice(1)).toEqual([
      { role: "tool", callId: "a", tool: "t", content: NO_RESULT },
      result("b"),
      user("go on"),
    ]);
    expect(repairs).toHaveLength(1);
  });

  it("loses a result that belongs to no call, and says which", () => {
    const { messages, repairs } = pairMessages([user("hi"), result("z")]);
    expect(messages).toEqual([user("hi")]);
    expect(repairs[0]).toContain("messages.1");
  });

  it("gives a call id that is used again a new one, with its own result", () => {
    const { messages } = pairMessages([asks("a"), result("a", "first"), asks("a"), result("a", "second")]);
    expect(messages[2]).toMatchObject({ toolCalls: [{ id: "a_2" }] });
    expect(messages[3]).toEqual({ role: "tool", callId: "a_2", content: "second" });
  });

  it("is paired whatever came in, keeps all else in order, and pairing it again changes nothing", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const paired = pairMessages(messages);
        expect(isPaired(paired.messages)).toBe(true);
        const others = (list: readonly Message[]): unknown[] =>
          list.filter((entry) => entry.role !== "tool").map(({ role, content }) => [role, content]);
        expect(others(paired.messages)).toEqual(others(messages));
        expect(pairMessages(paired.messages).messages).toBe(paired.messages);
        if (isPaired(messages)) expect(paired.messages).toBe(messages);
      }),
      { numRuns: 500 },
    );
  });
});
