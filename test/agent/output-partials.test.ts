import { createAgent, createClient, type Model, type ModelEvent, RunError } from "fairwitness";
import { startScript } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

const plan = z.object({ city: z.string(), days: z.array(z.object({ sky: z.string(), celsius: z.number() })) });
const value = {
  city: "Ponta Delgada",
  days: [
    { sky: "clear", celsius: 21 },
    { sky: "rain", celsius: 18 },
  ],
};
const text = JSON.stringify(value, null, 1);

const agentOf = (model: Model, more: object = {}) =>
  createAgent({ name: "t", model, output: plan, runtime: { random: () => 0 }, ...more });

/** Copies, since it is one object that grows. */
async function copies(partials: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const partial of partials) seen.push(structuredClone(partial));
  return seen;
}

/** A model whose first turn comes in these reads; each waits until the reader has had the one before. */
function readsModel(reads: readonly (readonly ModelEvent[])[], content: string): Model {
  return {
    id: "reads",
    api: "chat",
    async *stream() {
      for (const read of reads) {
        yield read;
        await new Promise((resolve) => setImmediate(resolve));
      }
      yield [
        {
          type: "turn",
          turn: { message: { role: "assistant", content }, finishReason: "stop", cost: { basis: "unknown" } },
        },
      ];
    },
  };
}

const delta = (piece: string): ModelEvent => ({ type: "text.delta", delta: piece });

describe("partial outputs", () => {
  it("grow once for each read that adds something, and end as the whole answer", async () => {
    const reads = [
      [delta("{"), delta('"city":'), delta('"Ponta')],
      [delta(" Delgada"), delta('","days"')],
      [delta(":")],
      [delta('[{"sky":"clear","celsius":2'), delta("1}")],
      [delta("]}")],
    ];
    const content = reads
      .flat()
      .flatMap((event) => (event.type === "text.delta" ? [event.delta] : []))
      .join("");
    const run = agentOf(readsModel(reads, content)).stream("go");
    expect(await copies(run.partialOutputs())).toEqual([
      { city: "Ponta" },
      { city: "Ponta Delgada" },
      { city: "Ponta Delgada", days: [{ sky: "clear", celsius: 21 }] },
    ]);
    expect(await run.result()).toMatchObject({ status: "completed", output: JSON.parse(content) });
  });

  it("are the same object, which grows", async () => {
    const objects = new Set<unknown>();
    for await (const partial of agentOf(scriptedModel([{ text }]))
      .stream("go")
      .partialOutputs())
      objects.add(partial);
    expect([...objects]).toEqual([value]);
  });

  it("begin anew after an attempt that is void, after a correction, and for a further answer", async () => {
    const attempts: ScriptedAttempt[] = [
      { text: '{"city": "Nowhere", "days": [ ', cut: true },
      { text: '{"city": "Wrong", "days": 5}' },
      { text },
      { text: '{"city": "Faro", "days": []}' },
    ];
    const run = agentOf(scriptedModel(attempts)).stream("go");
    void run.followUp("and Faro?");
    const ends: unknown[] = [];
    let last: unknown;
    for await (const partial of run.partialOutputs()) {
      if (last !== partial && last !== undefined) ends.push(structuredClone(last));
      last = partial;
    }
    expect([...ends, last]).toEqual([
      { city: "Nowhere", days: [] },
      { city: "Wrong", days: 5 },
      value,
      { city: "Faro", days: [] },
    ]);
  });

  it("are those of answers: neither reasoning nor what is said beside calls is one", async () => {
    const run = agentOf(
      scriptedModel([
        { reasoning: '{"city":"thought"}', text: "Let me see.", calls: [{ tool: "x", arguments: "{}" }] },
        { text },
      ]),
    ).stream("go");
    const seen = await copies(run.partialOutputs());
    expect(seen.at(-1)).toEqual(value);
    expect(JSON.stringify(seen)).not.toContain("thought");
  });

  it("make up for what a slow reader lost, from the whole turn", async () => {
    const agent = agentOf(scriptedModel([{ text }]), { runtime: { buffer: { events: 2, size: 64 } } });
    const run = agent.stream("go");
    await run.result(); // from now on nobody waits for the reader, who has not begun
    expect((await copies(run.partialOutputs())).at(-1)).toEqual(value);
  });

  it("of a reader that lost a piece in the middle show nothing that was not written so", async () => {
    const city = "Ponta Delgada, Azores, Portugal";
    const reads = ['{"city":"', ...city, '","days":[]}'].map((piece) => [delta(piece)]);
    const agent = agentOf(
      readsModel(reads, reads.flatMap(([only]) => (only?.type === "text.delta" ? only.delta : [])).join("")),
      {
        runtime: { buffer: { events: 1, size: 1e6 } },
      },
    );
    const run = agent.stream("go");
    void run.result(); // nobody waits for the reader, who is slow at first
    const seen: string[] = [];
    for await (const partial of run.partialOutputs()) {
      seen.push(partial.city ?? "");
      for (let ticks = 0; ticks < 5 && seen.length < 3; ticks += 1)
        await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.length).toBeLessThan(city.length); // some of it was lost
    for (const part of seen) expect(city).toMatch(new RegExp(`^${part}`));
    expect(seen.at(-1)).toBe(city);
  });

  it("of an answer that is no object are taken out of what it is sent in, fence included", async () => {
    const model = scriptedModel([{ text: '```json\n{ "answer": [ "a", "b" ] }\n```' }]);
    const run = createAgent({ name: "t", model, output: z.array(z.string()) }).stream("go");
    expect((await copies(run.partialOutputs())).at(-1)).toEqual(["a", "b"]);
    expect(await run.result()).toMatchObject({ output: ["a", "b"] });
  });

  it("count as the one reader: a second one is refused, and leaving cancels the run", async () => {
    const run = agentOf(scriptedModel([{ text, hang: true }])).stream("go");
    for await (const partial of run.partialOutputs()) {
      expect(partial).toBeDefined();
      expect(() => run.text()[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "already_read" }));
      break;
    }
    expect(await run.result()).toMatchObject({ status: "cancelled", reason: "the reader left" });
  });

  it("throw at the end what the run came to when it did not complete", async () => {
    const run = agentOf(scriptedModel([{ text, finishReason: "length" }])).stream("go");
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const partial of run.partialOutputs()) seen.push(partial);
    })();
    await expect(reading).rejects.toThrow(RunError);
    await expect(reading).rejects.toMatchObject({ code: "output_truncated" });
    expect(seen.length).toBeGreaterThan(0);
  });

  it("are refused by an agent that answers in text, which says what to do", async () => {
    const run = createAgent({ name: "t", model: scriptedModel([{ text: "hi" }]) }).stream("go");
    expect(() => run.partialOutputs()).toThrow(
      expect.objectContaining({
        code: "invalid_option",
        message: expect.stringContaining("createAgent({ output: schema })"),
      }),
    );
    expect(await run.result()).toMatchObject({ status: "completed" });
  });

  it("come over HTTP on both endpoints", async () => {
    for (const api of ["chat", "responses"] as const) {
      await using simulator = await startScript([{ text, reasoning: "hm", split: "fragments" }]);
      const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
      const run = agentOf(client.model("grok-4.7", { api })).stream("go");
      expect((await copies(run.partialOutputs())).at(-1)).toEqual(value);
    }
  });

  it("end as the answer, whatever it is and however it comes", async () => {
    const answer = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    const anything = { type: "object", properties: {}, additionalProperties: true } as const;
    await fc.assert(
      fc.asyncProperty(answer, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (object, sizes) => {
        fc.pre(!JSON.stringify(object).includes("__proto__"));
        const content = JSON.stringify(object);
        const reads: ModelEvent[][] = [];
        for (let at = 0, n = 0; at < content.length; n += 1) {
          const size = sizes[n % sizes.length] ?? 1;
          reads.push([delta(content.slice(at, at + size))]);
          at += size;
        }
        const run = createAgent({ name: "t", model: readsModel(reads, content), output: anything }).stream("go");
        expect((await copies(run.partialOutputs())).at(-1)).toEqual(JSON.parse(content));
        expect(await run.result()).toMatchObject({ status: "completed" });
      }),
      { numRuns: 40 },
    );
  });
});
