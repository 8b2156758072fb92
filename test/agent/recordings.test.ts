import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAgent, createClient, defineTool, type RunResult } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = new URL("../../../shared/wire/chat/", import.meta.url);
const isThere = existsSync(folder);
const files = isThere ? readdirSync(folder).filter((file) => file.endsWith(".chunks.txt")) : [];

/** The recording as it went over the wire. */
function bodyOf(file: string): Buffer {
  const chunks = readFileSync(new URL(file, folder), "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return Buffer.from([...chunks, "[DONE]"].map((chunk) => `data: ${chunk}\n\n`).join(""));
}

/** Ends of the frames: after which bytes an event is whole. */
function boundaries(body: Buffer): number[] {
  const found: number[] = [];
  for (let at = body.indexOf("\n\n"); at !== -1; at = body.indexOf("\n\n", at + 2)) found.push(at + 2);
  return found;
}

let ran = 0;
const tools = ["weather", "get_weather", "getWeather"].map((name) =>
  defineTool({
    name,
    description: "Weather.",
    input: { type: "object", properties: { location: { type: "string" } } },
    endsRun: true,
    execute: () => {
      ran += 1;
      return "sunny";
    },
  }),
);

describe.skipIf(!isThere)("an agent given a recording (skipped where ../shared is absent)", () => {
  let answer: Buffer = Buffer.alloc(0);
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.setHeader("content-type", "text/event-stream");
      response.end(answer);
    });
  });
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  async function play(body: Buffer): Promise<{ result: RunResult; ran: number }> {
    answer = body;
    ran = 0;
    const client = createClient({ apiKey: "sim_key", baseURL: url });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), tools, runtime: { random: () => 0 } });
    const run = agent.stream("go");
    const events = [];
    for await (const event of run) events.push(event);
    expect(checkEvents(events)).toEqual([]);
    return { result: await run.result(), ran };
  }

  it.each(files)("%s: whole, runs its tool or gives its text", async (file) => {
    const whole = await play(bodyOf(file));
    expect(whole.result.status, JSON.stringify(whole.result)).toBe("completed");
    expect(whole.result.toolCalls.length > 0 ? whole.ran : whole.result.text.length).toBeGreaterThan(0);
  });

  it.each(files)("%s: cut before its finish was read, gives no answer and runs no tool", async (file) => {
    const body = bodyOf(file);
    const finish = body.lastIndexOf('"finish_reason"');
    const before = boundaries(body).filter((at) => at <= finish);
    const sampled = fc.sample(fc.nat(Math.max(0, finish - 1)), { numRuns: 25, seed: 7 });
    for (const at of [...pick(before, 25), ...sampled]) {
      const { result, ran: times } = await play(body.subarray(0, at));
      expect({ at, status: result.status, times }).toEqual({ at, status: "failed", times: 0 });
    }
  });
});

/** At most `count` of the list, spread over it, the last included. */
function pick(list: readonly number[], count: number): number[] {
  const step = Math.max(1, Math.floor(list.length / count));
  return list.filter((_, index) => index % step === 0 || index === list.length - 1);
}
