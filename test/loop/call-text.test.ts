import { createAgent, defineTool, webSearch } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, keeper, play } from "../support/play.ts";
import { scriptedModel } from "../support/scripted-model.ts";

const ask = '{"name": "get_weather", "arguments": {"city": "Oslo"}}';

/** What models are known to write in place of a call, by family. */
const FORMS: readonly (readonly [string, string])[] = [
  ["JSON", ask],
  ["JSON with other words", '{"tool": "get_weather", "tool_input": {"city": "Oslo"}, "id": "1"}'],
  ["JSON with arguments as text", '{"type":"function","name":"get_weather","arguments":"{\\"city\\":\\"Oslo\\"}"}'],
  ["JSON of a function", '{"type":"function","function":{"name":"get_weather","parameters":{"city":"Oslo"}}}'],
  ["JSON of a ReAct agent", '{"action": "get_weather", "action_input": {"city": "Oslo"}}'],
  ["a list", `[${ask}, ${ask}]`],
  ["tool_calls", `{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":${ask}}]}`],
  ["multi_tool_use", '{"tool_uses":[{"recipient_name":"functions.get_weather","parameters":{"city":"Oslo"}}]}'],
  ["a fence", `\`\`\`json\n${ask}\n\`\`\``],
  ["a fence behind a sentence", `Let me look.\n\n\`\`\`\n${ask}\n\`\`\`\n`],
  ["JSON behind a sentence", `I will check the weather.\n${ask}`],
  ["Hermes and Qwen", `<tool_call>\n${ask}\n</tool_call>`],
  ["GLM", "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n</tool_call>"],
  ["Llama", '<function=get_weather>{"city": "Oslo"}</function>'],
  ["Qwen Coder", "<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>"],
  ["Grok", '<xai:function_call name="get_weather"><parameter name="city">Oslo</parameter></xai:function_call>'],
  ["the end of Grok's", '{"name":"get_weather","city":"Oslo"}</xai:function_call>'],
  [
    "Claude",
    'On it.<function_calls><invoke name="get_weather"><parameter name="city">Oslo</parameter></invoke></function_calls>',
  ],
  ["Mistral", `[TOOL_CALLS][${ask}]`],
  [
    "DeepSeek",
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n{"city":"Oslo"}<｜tool▁call▁end｜>',
  ],
  [
    "Kimi",
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city":"Oslo"}',
  ],
  ["gpt-oss", '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Oslo"}'],
  ["Python of Llama", '<|python_tag|>get_weather.call(city="Oslo")'],
  ["Python", 'get_weather({"city": "Oslo"})'],
];

/** Answers that speak of calls, hold JSON, or look a little like one. */
const ANSWERS: readonly (readonly [string, string])[] = [
  ["plain text", "It is warm in Oslo (get_weather said so)."],
  ["JSON", '{"city": "Oslo", "celsius": 20}'],
  ["a name and something else", '{"name": "get_weather", "description": "Current weather in a city."}'],
  ["a name, arguments and more", '{"name": "get_weather", "arguments": {}, "verdict": "This call was wrong."}'],
  ["another name", '{"name": "Oslo", "input": {"celsius": 20}}'],
  ["a call among others", `[${ask}, {"note": "and then"}]`],
  [
    "a call that is explained",
    `A call looks like this:\n\`\`\`json\n${ask}\n\`\`\`\nIt names the tool and its arguments.`,
  ],
  ["a tag that is explained", "Wrap calls of get_weather in <tool_call> tags, and close them."],
  ["a tag with another name", '<tool_call>{"name": "get_tides"}</tool_call>'],
  ["HTML", "<functional>get_weather</functional>"],
  ["broken JSON", '{"name": "get_weather", "arguments": '],
  ["arguments alone", '{"city": "Oslo"}'],
  ["another function", "print(get_weather)"],
];

const weather = keeper("get_weather");
const correct = (text: string, then = "It is warm.") => play(scriptedModel([{ text }, { text: then }]), [weather.tool]);

describe("an answer that is shaped like a call of a tool", () => {
  it.each(FORMS)("as %s is told once to be none, with a warning, and never run", async (_, text) => {
    const { events, result } = await correct(text);
    expect(result).toMatchObject({ status: "completed", text: "It is warm.", turns: 2, toolCalls: [] });
    expect(result.warnings).toMatchObject([
      { code: "call_shaped_text", message: expect.stringContaining("get_weather") },
    ]);
    expect(events.filter(({ type }) => type === "input.injected")).toMatchObject([
      { as: "correction", message: { content: expect.stringContaining("looks like a call of get_weather") } },
    ]);
    expect(weather.given).toEqual([]);
  });

  it("stands when the model gives it again: it was meant", async () => {
    const { result } = await correct(ask, ask);
    expect(result).toMatchObject({ status: "completed", text: ask, turns: 2 });
    expect(result.warnings).toHaveLength(2);
  });

  it("may turn into the call that was meant", async () => {
    const { tool, given } = keeper("get_weather");
    const model = scriptedModel([{ text: ask }, { calls: [call("get_weather", { city: "Oslo" })] }, { text: "Warm." }]);
    const { result } = await play(model, [tool]);
    expect(result).toMatchObject({ status: "completed", text: "Warm." });
    expect(given).toEqual([{ city: "Oslo" }]);
  });

  it("is an answer with a warning, or without, where that is asked for, and where no correction is left", async () => {
    const modes = [
      [{ loopDetector: { callShapedText: "warn" } }, 1],
      [{ correctionBudget: 0 }, 1],
      [{ loopDetector: { callShapedText: "ignore" } }, 0],
      [{ loopDetector: false }, 0],
    ] as const;
    for (const [options, warnings] of modes) {
      const { result } = await play(scriptedModel([{ text: ask }]), [weather.tool], options);
      expect(result).toMatchObject({ status: "completed", text: ask });
      expect(result.warnings).toHaveLength(warnings);
    }
  });

  it("may name a tool that xAI runs", async () => {
    const model = scriptedModel([{ text: '<tool_call>{"name":"web_search"}</tool_call>' }, { text: "Found." }]);
    const agent = createAgent({ name: "t", model, tools: [webSearch()] });
    expect((await agent.run("go")).warnings).toMatchObject([{ code: "call_shaped_text" }]);
  });

  it("comes to the same as a replay of the loop sees it", async () => {
    const model = scriptedModel([{ text: ask }, { text: "Warm." }]);
    const { result } = await play(model, [weather.tool], { runtime: { alwaysReplay: true, random: () => 0 } });
    expect(result).toMatchObject({ status: "completed", text: "Warm.", turns: 2 });
  });
});

describe("an answer that is none", () => {
  it.each(ANSWERS)("because it is %s is left alone", async (_, text) => {
    const { result } = await correct(text);
    expect(result).toMatchObject({ status: "completed", text, turns: 1, warnings: [] });
  });

  it("because it is typed is left alone, whatever it looks like", async () => {
    const output = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) });
    const agent = createAgent({ name: "t", model: scriptedModel([{ text: ask }]), tools: [weather.tool], output });
    expect(await agent.run("go")).toMatchObject({ output: JSON.parse(ask), turns: 1, warnings: [] });
  });

  it("because no tool has the name is left alone, whatever JSON it is", async () => {
    const names = fc.constantFrom("name", "tool", "arguments", "input", "function", "tool_calls", "type", "id", "x");
    const json = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()))),
      fc.array(fc.dictionary(names, fc.jsonValue())),
    );
    const tool = defineTool({ name: "get_weather", description: "d", input: z.object({}), execute: () => "" });
    await fc.assert(
      fc.asyncProperty(json, fc.boolean(), fc.lorem(), async (value, isFenced, preamble) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("get_weather"));
        const said = isFenced ? `${preamble}\n\`\`\`json\n${text}\n\`\`\`` : text;
        const { result } = await play(scriptedModel([{ text: said }]), [tool]);
        expect(result).toMatchObject({ status: "completed", turns: 1, warnings: [] });
      }),
      { numRuns: 300 },
    );
  });

  it("because it says more than a call is left alone, wherever the name stands", async () => {
    const more = fc.dictionary(fc.constantFrom("answer", "city", "note", "result"), fc.jsonValue(), { minKeys: 1 });
    await fc.assert(
      fc.asyncProperty(more, async (rest) => {
        const text = JSON.stringify({ name: "get_weather", arguments: { city: "Oslo" }, ...rest });
        const { result } = await play(scriptedModel([{ text }]), [weather.tool]);
        expect(result).toMatchObject({ status: "completed", turns: 1, warnings: [] });
      }),
      { numRuns: 100 },
    );
  });

  it("is known in time that grows with its length", async () => {
    for (const part of ["<tool_call>", "{[", '{"name":', "```json\n", "functions ", "get_weather("]) {
      const text = part.repeat(400_000 / part.length);
      const { result } = await play(scriptedModel([{ text: `${text}>` }]), [weather.tool], {
        runtime: { random: () => 0, buffer: { events: 1e7, size: 1e9 } },
      });
      expect(result.status).toBe("completed"); // quadratic, one of these took minutes
    }
  });
});
