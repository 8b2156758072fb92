import { createAgent, defineTool, formatEvent, parseRecord, type StoredEvent, storedEventSchema } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scriptedModel } from "../support/scripted-model.ts";

async function sampleRecord(): Promise<readonly StoredEvent[]> {
  const tool = defineTool({
    name: "say",
    description: "d",
    input: z.object({ n: z.number() }),
    effect: "read",
    execute: ({ n }) => n,
  });
  const model = scriptedModel([
    { text: "cut", cut: true },
    {
      reasoning: "hm",
      calls: [
        { tool: "say", arguments: '{"n":1}' },
        { tool: "say", arguments: "{}" },
        { tool: "no", arguments: "{" },
      ],
    },
    {
      text: 'line\u2028separator and \u0000 "quotes"',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      ticks: 3,
    },
  ]);
  const run = createAgent({
    name: "a",
    model,
    tools: [tool],
    limits: { turns: 2 },
    instructions: "i",
    runtime: { random: () => 0 },
  }).stream("go");
  await run.result();
  return run.record;
}

describe("a record", () => {
  it("is JSON: every event of a run survives being written and read", async () => {
    const record = await sampleRecord();
    const text = record.map(formatEvent).join("");
    expect(parseRecord(text)).toEqual({ events: record, unknown: [] });
  });

  it("fits the schema of the union, event by event", async () => {
    for (const event of await sampleRecord()) {
      expect(storedEventSchema().parse(event)).toEqual(event);
    }
  });

  it("cut anywhere gives the whole lines before the cut, and the torn rest apart", async () => {
    const record = await sampleRecord();
    const text = record.map(formatEvent).join("");
    fc.assert(
      fc.property(fc.nat(text.length), (cut) => {
        const parsed = parseRecord(text.slice(0, cut));
        expect(parsed.events).toEqual(record.slice(0, parsed.events.length));
        const read = parsed.events.map(formatEvent).join("");
        expect(read + (parsed.torn ?? "")).toBe(text.slice(0, cut));
      }),
    );
  });

  it("keeps events of kinds it does not know apart, and says which line is broken", async () => {
    const [first] = await sampleRecord();
    if (first === undefined) throw new Error("no event");
    const odd = `${JSON.stringify({ seq: 1, type: "mind.read", runId: "r", turn: 0, at: 0, thought: "!" })}\n`;
    expect(parseRecord(formatEvent(first) + odd).unknown).toEqual([
      { seq: 1, type: "mind.read", runId: "r", turn: 0, at: 0, thought: "!" },
    ]);
    expect(() => parseRecord(`${formatEvent(first)}{"oops\n`)).toThrowError(/Line 2 .* not JSON/);
    expect(() => parseRecord(formatEvent(first) + formatEvent(first))).toThrowError(/seq is 0 and should be 1/);
    expect(() => parseRecord('{"seq":0,"type":"run.failed"}\n')).toThrowError(/run\.failed/);
  });
});
