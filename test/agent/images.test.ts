import {
  type ContentPart,
  createAgent,
  createClient,
  defineTool,
  filePart,
  formatEvent,
  imagePart,
  type Model,
  parseRecord,
  type RunEvent,
  type RunInput,
  storedEventSchema,
} from "fairwitness";
import { type Simulator, startSimulator } from "fairwitness/sim";
import { checkEvents, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MIB, png } from "../support/images.ts";

const apis = ["chat", "responses"] as const;

const modelOf = ({ apiKey, url }: Simulator, api: (typeof apis)[number]): Model =>
  createClient({ apiKey, baseURL: url }).model("grok-4.7", { api });

const showChart = defineTool({
  name: "show_chart",
  description: "Draws the chart of a city.",
  input: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, bytes: city === "Oslo" ? 21 * MIB : 68 }),
  toModel: ({ city, bytes }) => [
    { type: "text", text: `The chart of ${city}` },
    // Oslo's is too large: written by hand, because the maker would refuse it.
    bytes > 68
      ? { type: "image", url: `data:image/png;base64,${Buffer.from(png(bytes)).toString("base64")}` }
      : imagePart(png(bytes)),
  ],
});

describe.each(apis)("an agent over %s", (api) => {
  it.each<[string, (id: string) => ContentPart, RegExp]>([
    ["by its address", () => imagePart("https://example.com/a.png"), /an image at https:\/\/example\.com\/a\.png/],
    ["as bytes", () => imagePart(png(), { detail: "low" }), /an image of 68 bytes, image\/png/],
    ["by the id of an upload", (fileId) => imagePart({ fileId }), /an image with the id file_/],
    ["which is a file", (fileId) => filePart({ fileId }), /a file with the id file_/],
  ])("shows the model an image %s", async (_name, partOf, words) => {
    await using simulator = await startSimulator();
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const { id } = await client.files.upload(png(), { filename: "a.png", mediaType: "image/png" });
    const content = [{ type: "text" as const, text: "What is this?" }, partOf(id)];
    const run = createAgent({ name: "a", model: modelOf(simulator, api) }).stream({ role: "user", content });
    const events: RunEvent[] = [];
    for await (const event of run) events.push(event);
    expect(checkEvents(events)).toEqual([]);
    expect((await run.result()).text).toMatch(words);
  });

  it("shows the model the image that a tool returns, and the record holds it", async () => {
    await using simulator = await startScript([
      { toolCalls: [{ name: "show_chart", arguments: { city: "Lisbon" } }] },
      { text: "I see it." },
    ]);
    const agent = createAgent({ name: "a", model: modelOf(simulator, api), tools: [showChart] });
    const run = agent.stream("The chart of Lisbon?");
    const events: RunEvent[] = [];
    for await (const event of run) events.push(event);
    expect(checkEvents(events)).toEqual([]);
    const shown = [{ type: "text", text: "The chart of Lisbon" }, imagePart(png())];
    expect(run.record.find((event) => event.type === "tool.completed")).toMatchObject({
      outcome: "ok",
      output: { city: "Lisbon", bytes: 68 },
      content: shown,
    });
    const { body, path } = simulator.requests[1] ?? {};
    expect(path).toBe(api === "chat" ? "/v1/chat/completions" : "/v1/responses");
    expect(JSON.stringify(body)).toContain(imagePart(png()).url);
    for (const event of run.record) expect(storedEventSchema().parse(event)).toEqual(event);
    expect(parseRecord(run.record.map(formatEvent).join("")).events).toEqual(run.record);
  });

  it("tells the model that a tool ran whose image is too large, and goes on", async () => {
    await using simulator = await startScript([
      { toolCalls: [{ name: "show_chart", arguments: { city: "Oslo" } }] },
      { text: "It is too large." },
    ]);
    const agent = createAgent({ name: "a", model: modelOf(simulator, api), tools: [showChart] });
    const run = agent.stream("The chart of Oslo?");
    expect(await run.text()[Symbol.asyncIterator]().next()).toMatchObject({ done: false });
    await run.result();
    expect(run.record.find((event) => event.type === "tool.completed")).toMatchObject({
      outcome: "error",
      content: expect.stringMatching(/^show_chart ran, but what it shows cannot be sent: part 2\.url is an image of/),
    });
  });
});

describe("a part that cannot be sent", () => {
  it.each<[string, ContentPart, string]>([
    ["a path", { type: "image", url: "cat.png" }, 'input.content[0].url is "cat.png"'],
    ["a file of two places", { type: "file", url: "https://a.b", fileId: "f" }, "has a fileId and a url"],
  ])("such as %s is refused before the run begins", async (_name, part, message) => {
    const agent = createAgent({ name: "a", model: createClient({ apiKey: "sim_key" }).model("grok-4.7") });
    const input: RunInput = { role: "user", content: [part] };
    expect(() => agent.stream(input)).toThrow(
      expect.objectContaining({ code: "invalid_message", message: expect.stringContaining(message) }),
    );
  });

  it("such as a file's bytes on chat completions ends the run before anything is sent", async () => {
    await using simulator = await startScript([]);
    const agent = createAgent({ name: "a", model: modelOf(simulator, "chat") });
    const content = [filePart(png(), { filename: "a.png" })];
    const result = await agent.run({ role: "user", content }, { reject: false });
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "invalid_message", message: expect.stringContaining('api: "responses"') },
    });
    expect(simulator.requests).toEqual([]);
  });
});
