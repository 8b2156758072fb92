import fc from "fast-check";
import { expect, test } from "vitest";
import { planResponse, type SimHostedTool, type SimRequest, type SimTurn } from "../../src/sim/index.ts";
import { ask, flatTool, type Json, respond, withSimulator } from "./support.ts";

const ALL: readonly SimHostedTool[] = [{ type: "x_search" }, { type: "web_search" }, { type: "code_interpreter" }];

function plan(question: string, hosted: readonly SimHostedTool[] = ALL, extra: Partial<SimRequest> = {}): SimTurn {
  return planResponse({ model: "grok-4.7", messages: [{ role: "user", content: question }], hosted, ...extra });
}

/** What is done, by kind, and what is asked of it. */
const doneBy = ({ serverTools = [] }: SimTurn): unknown[] =>
  serverTools.map((call) => (call.kind === "item" ? call : [call.kind, call.input]));

const plans: readonly (readonly [question: string, done: unknown[]])[] = [
  ["What are people saying about sailing?", [["x_search", { query: "sailing", limit: 10 }]]],
  [
    "What do people think about the heat in Lisbon, and is it true?",
    [
      ["x_search", { query: "the heat in Lisbon", limit: 10 }],
      ["web_search", { query: "the heat in Lisbon" }],
    ],
  ],
  ["Is it true that boats sink?", [["web_search", { query: "Is it true that boats sink" }]]],
  ["Any news about Oslo?", [["web_search", { query: "Oslo" }]]],
  ["What is 12 * 7?", [["code_execution", { code: "print(12 * 7)" }]]],
  ["What is 2 + 3 * 4 - 1?", [["code_execution", { code: "print(2 + 3 * 4 - 1)" }]]],
  ["What is 15% of 80?", [["code_execution", { code: "print(15 / 100 * 80)" }]]],
  ["The average of 3, 5 and 10?", [["code_execution", { code: "print(sum([3, 5, 10]) / 3)" }]]],
  ["What happened on 2026-11-20?", []],
  ["Hello!", []],
];

test.each(plans)("asked %j it plans the right calls", (question, done) => {
  expect(doneBy(plan(question))).toEqual(done);
});

test("what it calculates is right", () => {
  for (const [question, value] of [
    ["2 + 3 * 4 - 1", 13],
    ["10 / 4", 2.5],
    ["15% of 80", 12],
    ["the sum of 1, 2 and 3", 6],
  ]) {
    const [call] = plan(`What is ${question}?`).serverTools ?? [];
    expect(call).toMatchObject({ output: `${value}\n` });
  }
  expect(plan("What is 1 / 0?").serverTools).toBeUndefined();
});

test("it uses the search there is, and none where none is declared or wanted", () => {
  expect(doneBy(plan("What do people think about boats?", [{ type: "web_search" }]))).toHaveLength(1);
  expect(doneBy(plan("Any news about boats?", [{ type: "x_search" }]))).toHaveLength(1);
  expect(doneBy(plan("Any news about boats?", []))).toEqual([]);
  expect(doneBy(plan("Any news about boats?", ALL, { tool_choice: "none" }))).toEqual([]);
});

test("it cites nothing that a filter leaves out", () => {
  const handles = plan("What do people think about boats?", [{ type: "x_search", allowed_x_handles: ["metoffice"] }]);
  expect(handles.citations).toBeUndefined();
  expect(handles.text).toMatch(/found nothing[\s\S]*simulated/);
  const domains = [{ type: "web_search", excluded_domains: ["example.com"] }];
  const urls = plan("Any news about boats?", domains).citations?.map(({ url }) => url);
  expect(urls).toEqual(["https://news.invalid/boats"]);
});

test("any question and any tools give a simulated answer or calls, the same each time, at addresses of nobody", () => {
  const word = fc.oneof(
    fc.constantFrom(
      "people",
      "saying",
      "about",
      "news",
      "is it true",
      "12 * 7",
      "Lisbon",
      "and",
      "?",
      "/ 0",
      "weather",
    ),
    fc.string(),
  );
  const hosted = fc.subarray([
    ...ALL,
    { type: "mcp", server_label: "a" },
    { type: "web_search", allowed_domains: ["a.com"] },
  ]);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), hosted, (words, declared) => {
      const turn = plan(words.join(" "), declared);
      expect(turn).toEqual(plan(words.join(" "), declared));
      if (turn.text !== undefined) expect(turn.text).toContain("simulated");
      for (const { url } of turn.citations ?? []) {
        expect(url).toMatch(/^https:\/\/(x\.com\/sim_\w+\/status\/\d+|example\.com\/|news\.invalid\/)/);
        expect(turn.text).toContain(`](${url})`);
      }
      for (const call of turn.serverTools ?? []) expect(call.kind).not.toBe("item");
    }),
  );
});

test("every answer of the planner has annotations that stand on their markers, streamed or not, and is taken back", async () => {
  const question = "What are people saying about the heat in Lisbon, and is it true? Check the weather in Lisbon.";
  const weather = flatTool("get_weather", { city: { type: "string" } }, "Current weather in a city.");
  await withSimulator({}, async (simulator) => {
    const input: Json[] = [{ role: "user", content: question }];
    const request = { input, tools: [...ALL, weather], include: ["reasoning.encrypted_content"], store: false };
    const first = (await respond(simulator, ask(request))).json;
    const [call] = first.output.filter(({ type }: Json) => type === "function_call");
    expect(call).toMatchObject({ name: "get_weather", arguments: '{"city":"Lisbon"}' });
    input.push(
      ...first.output.map(({ status, ...item }: Json) => (item.type === "reasoning" ? item : { ...item, status })),
    );
    input.push({ type: "function_call_output", call_id: call.call_id, output: '{"temperatureC":31}' });
    const second = (await respond(simulator, ask(request))).json;
    const [content] = second.output.at(-1).content;
    expect(content.annotations).toHaveLength(4);
    for (const { url, title, start_index, end_index } of content.annotations) {
      expect(content.text.slice(start_index, end_index)).toBe(`[[${title}]](${url})`);
    }
    expect(content.text).toContain("temperatureC 31");
  });
});
