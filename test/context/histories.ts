import { type AnyTool, defineTool, type Message } from "fairwitness";
import fc from "fast-check";
import { z } from "zod";
import { call } from "../support/play.ts";
import type { ScriptedAttempt } from "../support/scripted-model.ts";

const text = (chars: number): string => "All work and no play. ".repeat(Math.ceil(chars / 22)).slice(0, chars);

const size = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 2000, max: 9000 }));

/** A tool whose result is as long as it is asked for; one in three has a summary of its own, and one brings text from outside. */
const talks = (name: string, more: object = {}): AnyTool =>
  defineTool({
    name,
    description: "Says much.",
    input: z.object({ chars: z.number() }),
    effect: "read",
    execute: ({ chars }) => text(chars),
    ...more,
  });

export const TOOLS: readonly AnyTool[] = [
  talks("plain"),
  talks("summed", { summary: (output: unknown) => `${String(output).length} characters` }),
  talks("outside", { origin: "external" }),
];

const called = fc.record({
  tool: fc.constantFrom("plain", "summed", "outside"),
  chars: size,
});

const answer = fc.record({
  text: size.map(text),
  calls: fc.array(called, { maxLength: 3 }),
  isRaw: fc.boolean(),
  said: fc.option(size.map(text)),
});

type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

/** One turn of a handed-in conversation: perhaps what a user says, an answer, perhaps as raw items, and the results of its calls. */
function messagesOf({ text: content, calls, isRaw, said }: Answer, n: number): Message[] {
  const toolCalls = calls.map(({ tool, chars }, at) => ({
    id: `h_${n}_${at}`,
    tool,
    arguments: JSON.stringify({ chars }),
  }));
  const items = [
    { type: "reasoning", id: `rs_${n}`, summary: [], encrypted_content: text(40) },
    ...toolCalls.map((one) => ({ type: "function_call", call_id: one.id, name: one.tool, arguments: one.arguments })),
  ];
  const raw = { api: "responses" as const, provider: "xai", family: "grok-4", items };
  return [
    ...(said === null ? [] : [{ role: "user" as const, content: said }]),
    {
      role: "assistant",
      content: content === "" && calls.length === 0 ? "Yes." : content,
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(isRaw ? { raw } : {}),
    },
    ...calls.map(({ tool, chars }, at): Message => {
      return { role: "tool", callId: `h_${n}_${at}`, tool, content: text(chars) };
    }),
  ];
}

export const history: fc.Arbitrary<Message[]> = fc
  .array(answer, { maxLength: 8 })
  .map((answers) => answers.flatMap(messagesOf));

/** What the model says from then on; it ends with an answer. */
export const script: fc.Arbitrary<ScriptedAttempt[]> = fc
  .array(fc.array(called, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .map((turns) => [
    ...turns.map((calls) => ({ calls: calls.map(({ tool, chars }) => call(tool, { chars })) })),
    { text: "Done." },
  ]);

export const methods: fc.Arbitrary<("tool_outputs" | "xai" | "summary")[]> = fc.subarray(
  ["tool_outputs", "xai", "summary"] as const,
  { minLength: 1 },
);
