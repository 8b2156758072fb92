import { getEventListeners } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  createAgent,
  createClient,
  defineTool,
  type Run,
  type RunError,
  type RunEvent,
  type StoredEvent,
} from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { until } from "../support/until.ts";
import {
  type Answerer,
  answerCalls,
  answerText,
  beginText,
  type WatchedServer,
  watchedServer,
} from "../support/watched-server.ts";

/** What a run under test can be watched by. */
interface World {
  server: WatchedServer;
  run: Run;
  controller: AbortController;
  clock: FakeClock;
  seen: RunEvent[];
  /** Handlers that were begun. */
  begun: string[];
  iterator: AsyncIterator<RunEvent>;
  /** Reads one event, and then no more; the reader that the full buffer waits for. */
  readOne(): Promise<void>;
  readAll(): void;
}

interface Phase {
  answer: Answerer;
  /** Until the run is where it is to be stopped. */
  until(world: World): Promise<void>;
  /** How many handlers may have begun. Default 0. */
  begun?: number;
  slowReader?: boolean;
}

const has = (world: Pick<World, "run">, type: RunEvent["type"]): boolean =>
  world.run.record.some((event) => event.type === type);
const saw = (type: RunEvent["type"], more: Omit<Phase, "until">): Phase => ({
  ...more,
  until: (world) => until(() => has(world, type)),
});
const never: Answerer = () => {};

const PHASES: Readonly<Record<string, Phase>> = {
  "headers are awaited": { answer: never, until: (world) => until(() => world.server.requests === 1) },
  "the body streams": {
    answer: (response) => beginText(response),
    until: (world) => until(() => world.seen.some((event) => event.type === "text.delta")),
  },
  "a refused attempt waits to be made again": saw("turn.retrying", {
    answer: (response) => void response.writeHead(503).end("{}"),
  }),
  "a broken attempt waits to be made again": saw("turn.retrying", {
    answer: (response) => {
      beginText(response);
      response.socket?.resetAndDestroy();
    },
  }),
  "the second turn is asked for": {
    answer: (response, n) => (n === 0 ? answerCalls(response, "quick") : undefined),
    until: (world) => until(() => world.server.requests === 2),
    begun: 1,
  },
  "a tool runs that obeys its signal": saw("tool.executing", {
    answer: (response) => answerCalls(response, "obedient"),
    begun: 1,
  }),
  "a tool runs that ignores its signal": saw("tool.executing", {
    answer: (response) => answerCalls(response, "deaf"),
    begun: 1,
  }),
  "a call waits for the slot of another": saw("tool.executing", {
    answer: (response) => answerCalls(response, "deaf", "deaf"),
    begun: 1,
  }),
  "the check of arguments never ends": {
    answer: (response) => answerCalls(response, "undecided"),
    until: async (world) => {
      await until(() => world.server.requests === 1);
      await settle();
      await settle();
    },
  },
  "the reader is behind and the buffer is full": {
    answer: (response) => {
      beginText(response);
      for (let n = 0; n < 50; n += 1)
        response.write(`data: {"choices":[{"index":0,"delta":{"content":"w${n} "}}]}\n\n`);
    },
    until: async (world) => {
      await world.readOne();
      await until(() => has(world, "turn.started"));
      await settle();
      await settle();
    },
    slowReader: true,
  },
};

const WAYS: Readonly<Record<string, (world: World) => unknown>> = {
  "cancel()": ({ run }) => run.cancel("enough"),
  "its signal": ({ controller }) => controller.abort("enough"),
  "a reader who leaves": ({ iterator }) => iterator.return?.(),
};

async function begin(phase: Phase, signal?: AbortSignal): Promise<World & AsyncDisposable> {
  const server = await watchedServer(phase.answer);
  const clock = fakeClock();
  const controller = new AbortController();
  const begun: string[] = [];
  const client = createClient({ apiKey: "sim_k", baseURL: server.url, clock });
  const agent = createAgent({
    name: "t",
    model: client.model("grok-4.7"),
    tools: toolsThatTell(begun),
    retry: { attempts: 3 },
    runtime: { clock, random: () => 0.5, buffer: { events: 10, size: 1e6 } },
  });
  const run = agent.stream("go", { signal: signal ?? controller.signal });
  const iterator = run[Symbol.asyncIterator]();
  const seen: RunEvent[] = [];
  const readOne = async (): Promise<void> => {
    const read = await iterator.next();
    if (read.done !== true) seen.push(read.value);
  };
  const readAll = async (): Promise<void> => {
    for (let read = await iterator.next(); read.done !== true; read = await iterator.next()) seen.push(read.value);
  };
  return {
    ...{ run, controller, clock, seen, begun, iterator, readOne, readAll, server },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function toolsThatTell(begun: string[]) {
  const tool = (name: string, execute: (signal: AbortSignal) => unknown) =>
    defineTool({
      name,
      description: "d",
      input: z.object({}),
      concurrency: "serial",
      execute(_, { signal }) {
        begun.push(name);
        return execute(signal);
      },
    });
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  return [
    tool("quick", () => "quick"),
    tool("obedient", untilAborted),
    tool("deaf", () => new Promise(() => {})),
    defineTool({
      name: "undecided",
      description: "d",
      input: z.object({}).refine(() => new Promise<boolean>(() => {})),
      execute: () => begun.push("undecided"),
    }),
  ] as const;
}

/** What holds of every run that was stopped, in whatever phase and by whomever. */
async function checkStopped(world: World, phase: Phase): Promise<void> {
  const { run, server, clock, controller, begun } = world;
  const requests = server.requests;
  expect(await run.result()).toMatchObject({ status: "cancelled" });
  await until(() => server.open === 0); // the sockets of all answers that were not read to their end are closed
  await settle();
  expect(checkEvents(run.record)).toEqual([]);
  expect(run.record.filter((event) => event.type.startsWith("run.")).map((event) => event.type)).toEqual([
    "run.started",
    "run.cancelled",
  ]);
  expect({ begun: begun.length, requests: server.requests }).toEqual({ begun: phase.begun ?? 0, requests });
  expect(clock.waiting).toBe(0);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
}

describe("a run that is stopped while", () => {
  for (const [name, phase] of Object.entries(PHASES)) {
    it.each(Object.keys(WAYS))(`${name}, by %s, ends at once and leaves nothing behind (rows 84, 88)`, async (way) => {
      await using world = await begin(phase);
      if (phase.slowReader !== true) world.readAll();
      await phase.until(world);
      await WAYS[way]?.(world);
      await checkStopped(world, phase);
    });
  }

  it.each([
    ["another request of the client is under way", { maxInFlight: 1 }],
    ["the rate limit lets no further request go", { protect: { rateLimit: { requestsPerMinute: 1 } } }],
  ])("%s, and it waits for that, ends at once and never asks (row 88)", async (_, options) => {
    await using server = await watchedServer((response) => beginText(response));
    const clock = fakeClock();
    const client = createClient({ apiKey: "sim_k", baseURL: server.url, clock, ...options });
    const agent = createAgent({ name: "t", model: client.model("grok-4.7"), runtime: { clock } });
    const first = agent.stream("go");
    first.detach();
    await until(() => server.open === 1);
    const second = agent.stream("go");
    second.detach();
    await until(() => has({ run: second }, "turn.started"));
    await settle();
    expect(await second.cancel("enough")).toMatchObject({ status: "cancelled" });
    expect(checkEvents(second.record)).toEqual([]);
    await first.cancel("enough");
    await until(() => server.open === 0);
    await settle();
    expect({ requests: server.requests, timers: clock.waiting }).toEqual({ requests: 1, timers: 0 });
  });

  it("its connection is still being made ends at once, and its request is never sent (row 88)", async () => {
    // A server that takes the connection and says nothing: the TLS handshake never ends.
    const sockets: Socket[] = [];
    let received = "";
    const server = createServer((socket) => {
      sockets.push(socket.on("error", () => {}).on("data", (bytes) => (received += bytes.toString("latin1"))));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const client = createClient({ apiKey: "sim_k", baseURL: `https://127.0.0.1:${port}/v1`, clock: fakeClock() });
    const run = createAgent({ name: "t", model: client.model("grok-4.7") }).stream("go");
    run.detach();
    await until(() => received !== "");
    expect(await run.cancel("enough")).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(checkEvents(run.record)).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(received).not.toContain("sim_k");
  });
});

describe("a run that is stopped", () => {
  it("before it starts asks nobody anything (row 88)", async () => {
    const phase: Phase = { answer: (response) => answerText(response), until: async () => {} };
    await using world = await begin(phase, AbortSignal.abort("early"));
    world.readAll();
    expect(await world.run.result()).toMatchObject({ status: "cancelled", reason: "early" });
    await checkStopped(world, phase);
    expect(world.server.requests).toBe(0);
  });

  it.each([
    "run.started",
    "turn.started",
    "tool.started",
    "tool.input",
    "turn.completed",
    "tool.executing",
    "tool.completed",
  ] as const)("at the moment its record takes %s begins nothing after it (row 88)", async (type) => {
    const answer: Answerer = (response, n) => (n === 0 ? answerCalls(response, "quick") : answerText(response));
    await using server = await watchedServer(answer);
    const controller = new AbortController();
    const begun: string[] = [];
    let atStop: unknown;
    let last = 0;
    const told = (): unknown => ({ begun: begun.length, requests: server.requests });
    const store = {
      ...createMemoryStore(),
      append(_: string, events: readonly StoredEvent[]) {
        if (atStop !== undefined || !events.some((event) => event.type === type)) return;
        atStop = told();
        last = events.at(-1)?.seq ?? 0;
        controller.abort("enough");
      },
    };
    const model = createClient({ apiKey: "sim_k", baseURL: server.url }).model("grok-4.7");
    const run = createAgent({ name: "t", model, tools: toolsThatTell(begun), store }).stream("go", {
      signal: controller.signal,
    });
    expect(await run.result()).toMatchObject({ status: "cancelled", reason: "enough" });
    await settle();
    expect(checkEvents(run.record)).toEqual([]);
    expect(told()).toEqual(atStop);
    const after = run.record.slice(last + 1).map((event) => event.type);
    expect(after.filter((name) => name.endsWith(".started") || name === "tool.executing")).toEqual([]);
  });

  it("after its end keeps the result it has, by every way (row 88)", async () => {
    for (const way of Object.values(WAYS)) {
      await using world = await begin({ answer: (response) => answerText(response), until: async () => {} });
      const result = await world.run.result();
      await way(world);
      expect(await world.run.cancel("late")).toBe(result);
      expect(result).toMatchObject({ status: "completed", text: "done" });
      expect(world.run.record.at(-1)?.type).toBe("run.completed");
      expect(getEventListeners(world.controller.signal, "abort")).toEqual([]);
    }
  });

  it("twice, and by several at once, has the first reason and one end (row 89)", async () => {
    await using world = await begin({ answer: never, until: async () => {} });
    world.readAll();
    await until(() => world.server.requests === 1);
    world.controller.abort("first");
    world.controller.abort("second");
    const [one, other] = await Promise.all([world.run.cancel("third"), world.run.cancel("fourth")]);
    expect(one).toBe(other);
    expect(one).toMatchObject({ status: "cancelled", reason: "first" });
    expect(checkEvents(world.run.record)).toEqual([]);
  });

  function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each([
    ["nothing", undefined, "cancelled"],
    ["null", null, "null"],
    ["a number", 7, "7"],
    ["a text", "why", "why"],
    ["an error", new TypeError("mine"), "mine"],
    ["an object", { code: 7 }, '{"code":7}'],
    ["a cyclic object", cyclic, expect.any(String)],
    ["a symbol", Symbol("odd"), expect.any(String)],
    ["a proxy that was revoked", revoked(), expect.any(String)],
    [
      "what throws when it is read",
      {
        toString: () => {
          throw new Error("no");
        },
      },
      expect.any(String),
    ],
  ])(
    "with %s as the reason says so, and its error has that very reason as its cause (row 89)",
    async (_, given, told) => {
      const agent = createAgent({ name: "t", model: scriptedModel(() => ({ text: "a", hang: true })) });
      const run = agent.stream("go");
      expect(await run.cancel(given)).toMatchObject({ status: "cancelled", reason: told });
      expect(JSON.parse(JSON.stringify(run.record.at(-1)))).toMatchObject({ type: "run.cancelled", reason: told });
      const controller = new AbortController();
      const running = agent.run("go", { signal: controller.signal });
      controller.abort(given);
      // DESIGN decides on a RunError where faults.md says AbortError: the reason itself is its cause.
      const error: unknown = await running.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "run_cancelled", result: { status: "cancelled" } });
      expect((error as RunError).cause).toBe(controller.signal.reason); // its code says that it is one
    },
  );
});
