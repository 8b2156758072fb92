import type { SimToolCall, SimTurn } from "fairwitness/testing";
import fc from "fast-check";

const call: fc.Arbitrary<SimToolCall> = fc.oneof(
  fc.record({
    name: fc.constant("get_weather"),
    arguments: fc.record({ city: fc.constantFrom("Oslo", "Rome", "\ud800", "") }),
  }),
  fc.record({
    name: fc.constant("act"),
    arguments: fc.record({ deed: fc.constantFrom("fine", "throw", "explain", "picture", "half", "progress", "fly") }),
  }),
  fc.record({
    name: fc.constantFrom("get_time", "nothing", "constructor"),
    arguments: fc.constantFrom("{}", "[]", "{", '{"a":1}'),
    id: fc.constantFrom("call_0", "call_1", "functions.x:0"),
  }),
);

const said = fc.constantFrom("One.", "Two words.", "line\nline\n\nline", "é 😀 \udfff", "  ");
const split = fc.constantFrom<NonNullable<SimTurn["split"]>>("whole", "words", "fragments");
// One count for all: requests that say the same in other words have other tokens.
const usage = fc.constantFrom<NonNullable<SimTurn["usage"]>>(
  { promptTokens: 100 },
  { promptTokens: 100, cachedTokens: 64, completionTokens: 9, reasoningTokens: 33 },
);

const turn: fc.Arbitrary<SimTurn> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      { toolCalls: fc.array(call, { minLength: 1, maxLength: 4 }), text: said, reasoning: said, split, usage },
      { requiredKeys: ["toolCalls", "usage"] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ text: said, reasoning: said, split, usage }, { requiredKeys: ["usage"] }) },
  {
    weight: 1,
    arbitrary: fc.record({
      text: said,
      finishReason: fc.constant(null),
      noDone: fc.constant(true),
      usage: fc.constant(null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ text: said, finishReason: fc.constant("length"), usage }) },
);

/** What a model may answer, turn by turn; the last turn ends what is not over before. */
export const scripts: fc.Arbitrary<readonly SimTurn[]> = fc
  .array(turn, { maxLength: 5 })
  .map((turns) => [...turns, ...Array.from({ length: 3 }, () => ({ text: "Done.", usage: { promptTokens: 100 } }))]);
