import {
  codeExecution,
  createAgent,
  createClient,
  defaultTransport,
  defineTool,
  type RunEvent,
  type StoredEvent,
  type Transport,
  webSearch,
  xSearch,
} from "fairwitness";
import { startSimulator } from "fairwitness/sim";
import { checkEvents, record, replay, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.ts";
import { tempFolder } from "./support.ts";

const QUESTION =
  "What are people saying about the heat in Lisbon, and is it true? Check the weather in Lisbon, and work out 22.5 * 1.8 + 32.";

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, celsius: 22.5 }),
});

interface Where {
  transport: Transport;
  baseURL?: string;
  apiKey?: string;
  clock?: FakeClock;
  createId?: () => string;
}

/** The agent of `examples/search.ts`: a tool that runs here, and three that xAI runs. */
function checker({ transport, baseURL, apiKey = "replayed", clock, createId }: Where) {
  const client = createClient({
    transport,
    apiKey,
    random: () => 0,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(clock === undefined ? {} : { clock }),
  });
  return createAgent({
    name: "checker",
    model: client.model("grok-4.7"),
    instructions: "Find out what people say, then check it.",
    tools: [getWeather, xSearch(), webSearch(), codeExecution()],
    runtime: {
      random: () => 0,
      ...(clock === undefined ? {} : { clock }),
      ...(createId === undefined ? {} : { createId }),
    },
  });
}

function counter(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `id-${count}`;
  };
}

async function recordOf(
  run: AsyncIterable<RunEvent> & { record: readonly StoredEvent[] },
): Promise<readonly StoredEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return run.record;
}

/** The network as the fake clock sees it: 30 ms to the headers, 7 ms for each read. */
function slowly(transport: Transport, clock: FakeClock): Transport {
  return async (request) => {
    await clock.pass(30);
    const { status, header, body } = await transport(request);
    return {
      status,
      header,
      body: (async function* () {
        for await (const read of body) {
          await clock.pass(7);
          yield read;
        }
      })(),
    };
  };
}

/** Lets time pass for as long as something waits. */
async function passUntil<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = promise.finally(() => {
    isOver = true;
  });
  for (let ms = 0; !isOver && ms < 100_000; ms += 1) await clock.pass(1);
  return over;
}

function withoutTimes(events: readonly StoredEvent[]): unknown {
  const times = new Set(["at", "durationMs", "timing", "firstDeltaMs", "totalMs"]);
  return JSON.parse(JSON.stringify(events), (name, value) => (times.has(name) ? undefined : value));
}

describe("an agent with tools on both sides, recorded and replayed without a network", () => {
  it("leaves an identical record, at full speed and in recorded time", async () => {
    using folder = tempFolder();
    const clock = fakeClock();
    const simulator = await startSimulator();
    const recorder = record(folder.dir, { transport: slowly(defaultTransport(), clock), clock });
    const live = checker({
      transport: recorder,
      baseURL: simulator.url,
      apiKey: simulator.apiKey,
      clock,
      createId: counter(),
    });
    const recorded = await recordOf(live.stream(QUESTION));
    await recorder.written();
    await simulator.close();
    const executors = recorded.flatMap((event) => (event.type === "tool.completed" ? [event.call.kind] : []));
    expect(new Set(executors)).toEqual(new Set(["function", "x_search", "web_search", "code_execution"]));
    expect(recorded.at(-1)).toMatchObject({ type: "run.completed" });

    const paced = fakeClock();
    const tape = replay(folder.dir, { pace: "recorded", clock: paced });
    const again = checker({ transport: tape, baseURL: simulator.url, clock: paced, createId: counter() });
    expect(await passUntil(paced, recordOf(again.stream(QUESTION)))).toEqual(recorded);
    expect(paced.monotonic()).toBeGreaterThanOrEqual(clock.monotonic());
    tape.assertDone();

    const still = fakeClock();
    const fast = replay(folder.dir, { clock: still });
    const atOnce = await recordOf(
      checker({ transport: fast, baseURL: simulator.url, clock: still, createId: counter() }).stream(QUESTION),
    );
    expect(withoutTimes(atOnce)).toEqual(withoutTimes(recorded));
    expect(still.monotonic()).toBe(0);
    fast.assertDone();
  });

  it("leaves an identical record at full speed, times included, when no time passed while it was recorded", async () => {
    using folder = tempFolder();
    await using simulator = await startSimulator();
    const clock = fakeClock();
    const recorder = record(folder.dir, { clock });
    const live = checker({
      transport: recorder,
      baseURL: simulator.url,
      apiKey: simulator.apiKey,
      clock,
      createId: counter(),
    });
    const recorded = await recordOf(live.stream(QUESTION));
    await recorder.written();
    const again = checker({
      transport: replay(folder.dir),
      baseURL: simulator.url,
      clock: fakeClock(),
      createId: counter(),
    });
    expect(await recordOf(again.stream(QUESTION))).toEqual(recorded);
  });

  it("is replayed with the ids of its own that every run makes anew, and by a client of another host", async () => {
    using folder = tempFolder();
    await using simulator = await startSimulator();
    const recorder = record(folder.dir);
    const live = checker({ transport: recorder, baseURL: simulator.url, apiKey: simulator.apiKey });
    const { text } = await live.run(QUESTION);
    await recorder.written();
    const tape = replay(folder.dir);
    const again = checker({ transport: tape, baseURL: "https://elsewhere.example" });
    expect((await again.run(QUESTION)).text).toBe(text);
    tape.assertDone();
  });
});

describe("the whole client", () => {
  it.each(["chat", "responses", "messages"] as const)("is recorded and replayed on %s", async (api) => {
    using folder = tempFolder();
    await using simulator = await startScript([
      { reasoning: "a tool", toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] },
      { text: "Cold." },
    ]);
    const ask = async (transport: Transport, baseURL: string): Promise<unknown> => {
      const client = createClient({ transport, baseURL, apiKey: "sim_fairwitness" });
      const agent = createAgent({ name: "a", model: client.model("grok-4.7", { api }), tools: [getWeather] });
      const { text, toolCalls, usage } = await agent.run("Oslo?");
      return { text, usage, outputs: toolCalls.map((entry) => entry.output) };
    };
    const recorder = record(folder.dir);
    const live = await ask(recorder, simulator.url);
    await recorder.written();
    expect(folder.files()).toHaveLength(2);
    const tape = replay(folder.dir);
    expect(await ask(tape, "https://api.x.ai")).toEqual(live);
    tape.assertDone();
  });

  it("is recorded and replayed with uploads, whose form has another boundary each time", async () => {
    using folder = tempFolder();
    await using simulator = await startSimulator();
    const use = async (transport: Transport, baseURL: string): Promise<unknown> => {
      const { files, models } = createClient({ transport, baseURL, apiKey: "sim_fairwitness" });
      const { id } = await files.upload(new TextEncoder().encode("tides of Oslo"), { filename: "tides.txt" });
      const content = new TextDecoder().decode(await files.content(id));
      return { id, content, deleted: await files.delete(id), models: (await models.list()).length };
    };
    const recorder = record(folder.dir);
    const live = await use(recorder, simulator.url);
    await recorder.written();
    expect(live).toMatchObject({ content: "tides of Oslo" });
    const tape = replay(folder.dir);
    expect(await use(tape, "https://api.x.ai")).toEqual(live);
    tape.assertDone();
  });
});

describe("what goes wrong on the way", () => {
  const agentOn = (transport: Transport, options: { baseURL?: string; idleMs?: number } = {}) => {
    const { baseURL = "https://api.x.ai", idleMs } = options;
    const timeouts = idleMs === undefined ? {} : { timeouts: { idleMs, patientMs: idleMs } };
    const client = createClient({ transport, apiKey: "sim_fairwitness", baseURL, ...timeouts });
    return createAgent({
      name: "a",
      model: client.model("grok-4.7"),
      runtime: { random: () => 0, createId: counter() },
    });
  };

  it.each([
    ["a 503", { status: 503 }, "overloaded|server_error"],
    ["a stream that is cut", { text: "half of it and more", cut: { afterBytes: 300 } }, "stream_incomplete"],
    [
      "a connection that breaks",
      { text: "half of it and more", cut: { afterBytes: 300, how: "reset" } },
      "connection_failed",
    ],
    ["a server that falls silent", { text: "half of it and more", stallAfterBytes: 300 }, "idle_timeout"],
    ["a server that never answers", { text: "late", delayMs: 60_000 }, "headers_timeout"],
  ] as const)("%s, tried again, is replayed as it was", async (_, turn, code) => {
    using folder = tempFolder();
    await using simulator = await startScript([turn, { text: "good" }]);
    const recorder = record(folder.dir);
    const idleMs = code.endsWith("timeout") ? 150 : undefined;
    const options = { baseURL: simulator.url, ...(idleMs === undefined ? {} : { idleMs }) };
    const live = agentOn(recorder, options).stream("hi");
    await live.result();
    await recorder.written();
    expect(folder.files()).toHaveLength(2);
    const retried = live.record.find((event) => event.type === "turn.retrying");
    expect(retried).toMatchObject({ error: { code: expect.stringMatching(`^(${code})$`) } });
    const tape = replay(folder.dir);
    // Without the short timeouts: the recorded one is thrown again, and not waited for.
    const again = agentOn(tape, { baseURL: simulator.url }).stream("hi");
    await again.result();
    expect(withoutTimes(again.record)).toEqual(withoutTimes(live.record));
    tape.assertDone();
  });

  it("a server that cannot be reached is replayed with the error it was recorded with", async () => {
    using folder = tempFolder();
    const simulator = await startSimulator();
    await simulator.close();
    const recorder = record(folder.dir);
    const live = await agentOn(recorder, { baseURL: simulator.url }).run("hi", { reject: false });
    await recorder.written();
    expect(live).toMatchObject({ status: "failed", error: { code: "connection_failed", attempts: 3 } });
    const again = await agentOn(replay(folder.dir)).run("hi", { reject: false });
    expect(again).toMatchObject({ status: "failed", error: live.status === "failed" ? live.error : {} });
  });

  it("an upload that never arrived is tried again in a replay as it was", async () => {
    using folder = tempFolder();
    const simulator = await startSimulator();
    await simulator.close();
    const upload = async (transport: Transport, baseURL: string): Promise<unknown> => {
      const { files } = createClient({ transport, baseURL, apiKey: "sim_fairwitness", random: () => 0 });
      return files.upload(new TextEncoder().encode("tides"), { filename: "a.txt" }).catch((error: unknown) => error);
    };
    const recorder = record(folder.dir);
    expect(await upload(recorder, simulator.url)).toMatchObject({ code: "connection_failed", attempts: 3 });
    await recorder.written();
    const tape = replay(folder.dir);
    expect(await upload(tape, "https://api.x.ai")).toMatchObject({ code: "connection_failed", attempts: 3 });
    tape.assertDone();
  });

  it("a run that is cancelled in the middle is written at once, and replayed when it is cancelled there again", async () => {
    using folder = tempFolder();
    await using simulator = await startScript([{ text: "one two three four", stallAfterBytes: 700 }]);
    const cancelled = async (transport: Transport, baseURL?: string): Promise<readonly StoredEvent[]> => {
      const run = agentOn(transport, baseURL === undefined ? {} : { baseURL }).stream("hi");
      for await (const event of run) if (event.type === "text.delta") void run.cancel("Ctrl-C");
      return run.record;
    };
    const recorder = record(folder.dir);
    const recorded = await cancelled(recorder, simulator.url);
    expect(recorded.at(-1)).toMatchObject({ type: "run.cancelled" });
    expect(JSON.parse(folder.text("0001-post-chat-completions.json"))).toMatchObject({ ended: { type: "left" } });
    expect(withoutTimes(await cancelled(replay(folder.dir)))).toEqual(withoutTimes(recorded));
  });

  it("a replay in recorded time is cancelled while it waits", async () => {
    using folder = tempFolder();
    const live = fakeClock();
    await using simulator = await startScript([{ text: "one two three" }]);
    const recorder = record(folder.dir, { transport: slowly(defaultTransport(), live), clock: live });
    await agentOn(recorder, { baseURL: simulator.url }).run("hi");
    await recorder.written();
    const clock = fakeClock();
    const run = agentOn(replay(folder.dir, { pace: "recorded", clock })).stream("hi");
    await settle();
    await clock.pass(29);
    void run.cancel("enough");
    expect(await run.result()).toMatchObject({ status: "cancelled" });
    expect(clock.waiting).toBe(0);
  });

  it("a program that reads on where it left when it was recorded is told so", async () => {
    using folder = tempFolder();
    await using simulator = await startScript([{ text: "one two three four", stallAfterBytes: 700 }]);
    const recorder = record(folder.dir);
    const run = agentOn(recorder, { baseURL: simulator.url }).stream("hi");
    for await (const event of run) if (event.type === "text.delta") break;
    await run.result();
    const clock = fakeClock();
    const again = agentOn(replay(folder.dir, { clock })).run("hi", { reject: false });
    await settle();
    await clock.pass(2000);
    expect(await again).toMatchObject({
      status: "failed",
      error: {
        code: "cassette_mismatch",
        message: expect.stringContaining("0001-post-chat-completions.json ends where"),
      },
    });
  });
});

describe("two runs at the same time", () => {
  it("find each its own answers, though they began alike and went different ways", async () => {
    using folder = tempFolder();
    await using simulator = await startScript((request, index) => {
      const asked = JSON.stringify(request.messages ?? request.input);
      if (!asked.includes('"tool"')) {
        const city = index === 0 ? "Oslo" : "Lisbon";
        return { toolCalls: [{ name: "get_weather", arguments: { city } }], delayMs: index === 0 ? 30 : 0 };
      }
      return { text: asked.includes("Oslo") ? "Cold in Oslo." : "Warm in Lisbon." };
    });
    const ask = async (transport: Transport, baseURL: string): Promise<string[]> => {
      const client = createClient({ transport, apiKey: "sim_fairwitness", baseURL });
      const agent = createAgent({ name: "a", model: client.model("grok-4.7"), tools: [getWeather] });
      const results = await Promise.all([agent.run("Where?"), agent.run("Where?")]);
      return results.map((result) => result.text);
    };
    const recorder = record(folder.dir);
    const texts = await ask(recorder, simulator.url);
    await recorder.written();
    expect(new Set(texts)).toEqual(new Set(["Cold in Oslo.", "Warm in Lisbon."]));
    expect(folder.files()).toHaveLength(4);
    const tape = replay(folder.dir);
    expect(await ask(tape, "https://api.x.ai")).toEqual(texts);
    tape.assertDone();
  });
});
