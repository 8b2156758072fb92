import { describe, expect, test } from "vitest";
import { streamChat, type Transport } from "../../src/wire/index.ts";
import { BODY, bytes, createFakeClock, endpointOver, failureOf, frames, readAll, replay, settle } from "./support.ts";

const delta = (content: string): object => ({ choices: [{ index: 0, delta: { content } }] });
const END = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const SSE = { "content-type": "text/event-stream" };

describe("a silent server", () => {
  /** Sends these reads and then nothing, and ignores its signal. */
  const stalling =
    (reads: readonly string[]): Transport =>
    async () => ({
      status: 200,
      header: (name) => (({ ...SSE }) as Record<string, string>)[name],
      body: (async function* () {
        for (const read of reads) yield bytes(read);
        await new Promise(() => {});
      })(),
    });
  const never: Transport = () => new Promise(() => {});

  test.each([
    ["headers_timeout", never, {}, 120_000],
    ["headers_timeout", never, { patient: true }, 300_000],
    ["idle_timeout", stalling([]), {}, 60_000],
    ["idle_timeout", stalling([frames([delta("a")])]), {}, 60_000],
    ["idle_timeout", stalling([frames([delta("a")])]), { patient: true }, 300_000],
  ])("is given up with %s (rows 6, 21)", async (code, transport, options, limitMs) => {
    const clock = createFakeClock();
    const reading = failureOf(readAll(endpointOver(transport, { clock }), options));
    await settle();
    expect(clock.pending).toEqual([limitMs]);
    await clock.advance(limitMs - 1);
    expect(clock.pending).toEqual([1]);
    await clock.advance(1);
    const error = await reading;
    expect(error).toMatchObject({ code, retryable: true });
    expect(String(error)).toContain(`${limitMs / 1000} s`);
    expect(clock.pending).toEqual([]);
  });

  test("is waited for as long as was set, also where it may think in silence", async () => {
    const cases = [
      [{ headersMs: 5000 }, 5000],
      [{ headersMs: 5000, patientMs: 9000 }, 9000],
      [{ idleMs: 5000 }, 300_000],
    ] as const;
    for (const [timeouts, limitMs] of cases) {
      const clock = createFakeClock();
      const reading = failureOf(readAll(endpointOver(never, { clock, timeouts }), { patient: true }));
      await settle();
      expect(clock.pending).toEqual([limitMs]);
      await clock.advance(limitMs);
      expect(String(await reading)).toContain("raise timeouts.patientMs");
    }
  });

  test("that only keeps the stream alive is given up after ten minutes (row 22)", async () => {
    const clock = createFakeClock();
    const alive = [": ping\n\n", "event: ping\ndata: {}\n\n", frames([{ choices: [{ delta: {} }] }])];
    let count = 0;
    const transport: Transport = async () => ({
      status: 200,
      header: (name) => (({ ...SSE }) as Record<string, string>)[name],
      body: (async function* () {
        yield bytes(frames([delta("a")]));
        for (;;) {
          await clock.advance(50_000);
          yield bytes(alive[count++ % alive.length] ?? "");
        }
      })(),
    });
    const error = await failureOf(readAll(endpointOver(transport, { clock })));
    expect(error).toMatchObject({ code: "idle_timeout", retryable: true, message: expect.stringContaining("600 s") });
    expect(count).toBe(12);
  });

  test("that sends comments is not idle (row 22)", async () => {
    const clock = createFakeClock();
    let wake: (text: string) => void = () => {};
    const transport: Transport = async () => ({
      status: 200,
      header: (name) => (({ ...SSE }) as Record<string, string>)[name],
      body: (async function* () {
        for (;;) {
          const text = await new Promise<string>((resolve) => {
            wake = resolve;
          });
          if (text === "") return;
          yield bytes(text);
        }
      })(),
    });
    const reading = readAll(endpointOver(transport, { clock }));
    for (const text of [": one\n\n", ": two\n\n", frames([delta("a"), END])]) {
      await settle();
      await clock.advance(59_999);
      wake(text);
    }
    await settle();
    wake("");
    expect((await reading).completion.choices[0]?.message.content).toBe("a");
  });

  test("is not blamed for a slow reader (row 21)", async () => {
    const clock = createFakeClock();
    const transport = replay([bytes(frames([delta("a")])), bytes(frames([END]))]);
    const answer = await streamChat(endpointOver(transport, { clock }), BODY, { signal: new AbortController().signal });
    for await (const _ of answer.chunks) {
      await clock.advance(10_000_000);
      expect(clock.pending).toEqual([]);
    }
  });

  test("does not outlast an abort, though the key never comes", async () => {
    const controller = new AbortController();
    const endpoint = endpointOver(never, { apiKey: () => new Promise(() => {}) });
    const reading = failureOf(readAll(endpoint, { signal: controller.signal }));
    controller.abort("enough");
    expect(await reading).toBe("enough");
  });

  test("after [DONE] does not hold the answer up, and is left after 200 ms (row 14)", async () => {
    const clock = createFakeClock();
    const { completion } = await readAll(endpointOver(stalling([frames([delta("a"), END, "[DONE]"])]), { clock }));
    expect(completion.choices[0]?.message.content).toBe("a");
    await clock.advance(200);
    expect(clock.pending).toEqual([]);
  });
});
