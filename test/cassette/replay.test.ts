import { AssertionError } from "node:assert";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAgent, createClient } from "fairwitness";
import { record, replay } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { fakeClock, settle } from "../support/fake-clock.ts";
import { failureOf, readsOf, request, type Sent, scripted, type TempFolder, tempFolder, textOf } from "./support.ts";

/** Records these requests, each answered with its number from 1. */
async function recorded(folder: TempFolder, ...requests: readonly Sent[]): Promise<void> {
  const recorder = record(folder.dir, {
    transport: scripted(...requests.map((_, place) => ({ reads: [`${place + 1}`] }))),
  });
  for (const sent of requests) await textOf(recorder, request(sent));
}

const made = (digit: string): string => `run_${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`;

describe("a request", () => {
  it("is answered by the exchange of the same body, whatever the order of requests and of fields", async () => {
    using folder = tempFolder();
    await recorded(
      folder,
      { body: { a: 1, b: { c: [1, 2] } } },
      { body: { a: 2 } },
      { path: "/v1/models", method: "GET" },
    );
    const tape = replay(folder.dir);
    expect(await textOf(tape, request({ path: "/v1/models", method: "GET" }))).toBe("3");
    expect(await textOf(tape, request({ body: { a: 2 } }))).toBe("2");
    expect(tape.unused()).toEqual([
      { file: "0001-post-chat-completions.json", method: "POST", path: "/v1/chat/completions" },
    ]);
    expect(() => tape.assertDone()).toThrow(AssertionError);
    expect(() => tape.assertDone()).toThrow(/1 exchanges .*0001-post-chat-completions.json/);
    expect(
      await textOf(tape, request({ body: { b: { c: [1, 2] }, a: 1 }, headers: { "x-client-request-id": "7" } })),
    ).toBe("1");
    expect(() => tape.assertDone()).not.toThrow();
  });

  it("that is the same again is answered by the next exchange of its kind, in recorded order", async () => {
    using folder = tempFolder();
    await recorded(folder, { body: { a: 1 } }, { body: { a: 2 } }, { body: { a: 1 } });
    const tape = replay(folder.dir);
    const asked = [request({ body: { a: 1 } }), request({ body: { a: 1 } })];
    expect(await Promise.all(asked.map((sent) => textOf(tape, sent)))).toEqual(["1", "3"]);
    const error = await failureOf(textOf(tape, request({ body: { a: 1 } })));
    expect(error.message).toContain("It was asked 2 times when the cassette was recorded, and that is used: 0001");
  });

  it("finds its own among any others, in any order", async () => {
    const bodies = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(bodies, fc.infiniteStream(fc.nat()), async (sent, order) => {
        using folder = tempFolder();
        await recorded(folder, ...sent.map((body) => ({ body })));
        const tape = replay(folder.dir);
        const shuffled = sent.map((body) => ({ body, rank: order.next().value })).sort((a, b) => a.rank - b.rank);
        for (const { body } of shuffled) {
          const answer = Number(await textOf(tape, request({ body })));
          expect(JSON.parse(JSON.stringify(sent[answer - 1]))).toEqual(JSON.parse(JSON.stringify(body)));
        }
        tape.assertDone();
      }),
      { numRuns: 40 },
    );
  });

  it("may have other ids of our own making, each the same other one throughout", async () => {
    using folder = tempFolder();
    const ask = (id: string, turn: number): Sent => ({ path: "/v1/responses", body: { prompt_cache_key: id, turn } });
    await recorded(folder, ask(made("a"), 1), ask(made("b"), 1), ask(made("a"), 2), ask(made("b"), 2));
    const tape = replay(folder.dir);
    expect(await textOf(tape, request(ask(made("1"), 1)))).toBe("1");
    expect(await textOf(tape, request(ask(made("2"), 1)))).toBe("2");
    expect(await textOf(tape, request(ask(made("2"), 2)))).toBe("4");
    const third = await failureOf(textOf(tape, request(ask(made("3"), 2))));
    expect(third.message).toContain(`prompt_cache_key: recorded "${made("a")}", now "${made("3")}"`);
    expect(await textOf(tape, request(ask(made("1"), 2)))).toBe("3");
  });

  it("may have no other conversation than recorded where the user named it", async () => {
    using folder = tempFolder();
    await recorded(folder, { body: { prompt_cache_key: "lisbon" } });
    const error = await failureOf(textOf(replay(folder.dir), request({ body: { prompt_cache_key: "oslo" } })));
    expect(error.message).toContain('prompt_cache_key: recorded "lisbon", now "oslo"');
  });

  it("may differ in the fields that are ignored, there or not, and in no other", async () => {
    using folder = tempFolder();
    await recorded(folder, { body: { at: 1, input: [{ id: "x", text: "hi" }], meta: { "asked at": 1 } } });
    const ignore = ["at", "input[*].id", 'meta["asked at"]'];
    const tape = (): ReturnType<typeof replay> => replay(folder.dir, { ignore });
    const other = { input: [{ id: "y", text: "hi" }], meta: { "asked at": 2 } };
    expect(await textOf(tape(), request({ body: other }))).toBe("1");
    const wrong = await failureOf(textOf(tape(), request({ body: { ...other, input: [{ id: "y", text: "ho" }] } })));
    expect(wrong.message).toContain('\n  input[0].text: recorded "hi", now "ho"\nIf');
    expect(() => replay(folder.dir, { ignore: [""] })).toThrow(/list of places/);
  });
});

describe("a request that was not recorded", () => {
  it("is told apart from the nearest unused one, place by place", async () => {
    using folder = tempFolder();
    const ask = (content: string, extra: object = {}): Sent => ({
      body: {
        model: "grok-4.7",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content },
        ],
        temperature: 0.2,
        ...extra,
      },
    });
    const question = "Tell me, please, what the weather is like this afternoon in";
    await recorded(folder, ask("Something else entirely"), ask(`${question} Lisbon?`), ask("And now?", { seed: 1 }));
    const now = ask(`${question} Oslo, and mind that I have no umbrella with me, nor a coat?`, {
      model: "grok-4",
      tools: [{ type: "function" }],
      temperature: undefined,
    });
    const tape = replay(folder.dir);
    const error = await failureOf(
      textOf(tape, request({ ...now, headers: { authorization: "Bearer replay-key-0815" } })),
    );
    expect(error).toMatchObject({ code: "cassette_mismatch", retryable: false });
    expect(error.message.replaceAll(folder.dir, "DIR")).toBe(
      `POST /v1/chat/completions is not as it was recorded in DIR. The nearest that is left is 0002-post-chat-completions.json:
  model: recorded "grok-4.7", now "grok-4"
  messages[1].content: recorded "… like this afternoon in Lisbon?", now "… like this afternoon in Oslo, and mind that I have no umbrella with me, …"
  temperature: recorded 0.2, now nothing
  tools: recorded nothing, now [{"type":"function"}]
If the change is meant, record again: record("DIR", { overwrite: true }). If the field differs in every run, fix it in the test or pass its place to replay as ignore.`,
    );
    await textOf(tape, request(ask(`${question} Lisbon?`)));
    const second = await failureOf(textOf(tape, request(ask("Some other thing"))));
    expect(second.message).toContain('0001-post-chat-completions.json:\n  messages[1].content: recorded "Something');
    const third = await failureOf(textOf(tape, request(ask("And now, what?", { seed: 1 }))));
    expect(third.message).toContain(
      '0003-post-chat-completions.json:\n  messages[1].content: recorded "And now?", now',
    );
  });

  it("is shown in ten lines at most, and without secrets", async () => {
    using folder = tempFolder();
    const list = (text: string): string[] => Array.from({ length: 25 }, (_, place) => `${text} ${place}`);
    await recorded(folder, { body: { list: list("a") } });
    const sent = { body: { list: list("key-of-mine-4711") }, headers: { authorization: "Bearer key-of-mine-4711" } };
    const { message } = await failureOf(textOf(replay(folder.dir), request(sent)));
    expect(message.split("\n").filter((line) => line.startsWith("  list["))).toHaveLength(10);
    expect(message).toContain("\n  … and 15 more differences\n");
    expect(message).not.toContain("4711");
  });

  it("of another path is told what is left", async () => {
    using folder = tempFolder();
    await recorded(folder, {}, {}, {}, {});
    const tape = replay(folder.dir);
    const { message } = await failureOf(textOf(tape, request({ path: "/v1/responses" })));
    expect(message).toContain("POST /v1/responses is not as it was recorded");
    expect(message).toMatch(/Nothing that is left was asked there. Left: 0001-.*, 0002-.*, 0003-\S+ and 1 more\./);
    for (let count = 0; count < 4; count += 1) await textOf(tape, request());
    expect((await failureOf(textOf(tape, request({ path: "/v1/responses" })))).message).toContain(
      "All that was recorded is used.",
    );
  });

  it("fails the run of an agent at once, with the difference", async () => {
    using folder = tempFolder();
    await recorded(folder, { body: { model: "grok-4.7" } });
    const client = createClient({ transport: replay(folder.dir), apiKey: "replayed" });
    const result = await createAgent({ name: "a", model: client.model("grok-4.7") }).run("hi", { reject: false });
    expect(result).toMatchObject({ status: "failed", error: { code: "cassette_mismatch" } });
    expect(result.status === "failed" && result.error.attempts).toBeUndefined();
    expect(result.status === "failed" && result.error.message).toContain("messages: recorded nothing, now [");
  });
});

describe("in recorded time", () => {
  it("headers, reads and errors come when they came", async () => {
    using folder = tempFolder();
    const clock = fakeClock();
    const inner = scripted({
      reads: ["one", "two"],
      error: new AgentError("connection_failed", "broke", { retryable: true }),
    });
    const recorder = record(folder.dir, {
      clock,
      transport: async (sent) => {
        await clock.pass(100);
        const { body, ...response } = await inner(sent);
        const slow = async function* (): AsyncGenerator<Uint8Array> {
          for await (const read of body) {
            await clock.pass(50);
            yield read;
          }
        };
        return { ...response, body: slow() };
      },
    });
    await failureOf(textOf(recorder, request()));
    const paced = fakeClock();
    const tape = replay(folder.dir, { pace: "recorded", clock: paced });
    const seen: unknown[] = [];
    const reading = (async () => {
      const { status, body } = await tape(request());
      seen.push(status);
      for await (const read of body) seen.push(Buffer.from(read).toString());
    })().catch((error: unknown) => seen.push(error));
    const at = async (ms: number): Promise<number> => {
      await paced.pass(ms);
      return seen.length;
    };
    expect(await at(99)).toBe(0);
    expect(await at(1)).toBe(1);
    expect(await at(49)).toBe(1);
    expect(await at(1)).toBe(2);
    expect(await at(50)).toBe(4);
    await reading;
    expect(seen).toMatchObject([200, "one", "two", { code: "connection_failed", message: "broke", retryable: true }]);
  });

  it("a reader that is behind waits for nothing more", async () => {
    using folder = tempFolder();
    mkdirSync(folder.dir);
    const exchange = {
      cassette: 1,
      request: { method: "POST", path: "/v1/chat/completions", headers: {} },
      response: {
        status: 200,
        headersMs: 0,
        headers: {},
        reads: [
          { ms: 10, text: "a" },
          { ms: 20, text: "b" },
        ],
      },
      ended: { type: "whole", ms: 20 },
    };
    writeFileSync(join(folder.dir, "0001-post-chat-completions.json"), JSON.stringify(exchange));
    const clock = fakeClock();
    const { body } = await replay(folder.dir, { pace: "recorded", clock })(request());
    await clock.pass(1000);
    const reads: string[] = [];
    for await (const read of body) reads.push(Buffer.from(read).toString());
    expect(reads).toEqual(["a", "b"]);
    expect(clock.waiting).toBe(0);
  });
});

describe("an abort", () => {
  it("ends a replay before its headers, between reads, and where the recorded program left, with its own reason", async () => {
    using folder = tempFolder();
    const recorder = record(folder.dir, { transport: scripted({ reads: ["a", "b"] }, { reads: ["a"] }) });
    await readsOf(recorder, request({ body: { n: 1 } }));
    for await (const _ of (await recorder(request({ body: { n: 2 } }))).body) break;
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    const tape = replay(folder.dir);
    await expect(tape(request({ body: { n: 1 }, signal: aborted }))).rejects.toBe(reason);
    expect(tape.unused()).toHaveLength(2);

    const between = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const _ of (await tape(request({ body: { n: 1 }, signal: between.signal }))).body)
        between.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);

    const atEnd = new AbortController();
    const left = readsOf(tape, request({ body: { n: 2 }, signal: atEnd.signal }));
    await settle();
    atEnd.abort(reason);
    await expect(left).rejects.toBe(reason);
  });

  it("before the headers was recorded, and is waited for", async () => {
    using folder = tempFolder();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = record(folder.dir, {
      transport: () => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    })(request({ signal }));
    await settle();
    controller.abort("gone");
    await expect(waiting).rejects.toBe("gone");
    const again = new AbortController();
    const replayed = replay(folder.dir)(request({ signal: again.signal }));
    await settle();
    again.abort("gone again");
    await expect(replayed).rejects.toBe("gone again");
  });
});

describe("a cassette that cannot be read", () => {
  const write = (folder: TempFolder, text: string): void => {
    mkdirSync(folder.dir, { recursive: true });
    writeFileSync(join(folder.dir, "0001-post-x.json"), text);
  };

  it("is not there, or empty", () => {
    using folder = tempFolder();
    expect(() => replay(folder.dir)).toThrow(AgentError);
    expect(() => replay(folder.dir)).toThrow(`There is no cassette in ${folder.dir}. Record one first: createClient(`);
    mkdirSync(folder.dir);
    expect(() => replay(folder.dir)).toThrow("There is no cassette");
  });

  it.each([
    ["no JSON", "{", "0001-post-x.json is no JSON"],
    [
      "of a newer version",
      '{"cassette": 2}',
      "is written in format 2, and this version reads up to 1. Update fairwitness",
    ],
    ["somebody else's", "{}", "0001-post-x.json is no recorded exchange: cassette"],
    ["of no JSON object", "7", "is no recorded exchange"],
  ])("has a file that is %s", (_, text, message) => {
    using folder = tempFolder();
    write(folder, text);
    expect(() => replay(folder.dir)).toThrow(message);
    expect(() => replay(folder.dir)).toThrow(expect.objectContaining({ code: "malformed_record" }));
  });

  it("has a file in which any one thing was spoiled", async () => {
    using folder = tempFolder();
    await recorded(folder, { body: { a: 1 } });
    const [file = ""] = readdirSync(folder.dir);
    const whole = JSON.parse(readFileSync(join(folder.dir, file), "utf8"));
    const spoiled: unknown[] = [
      { ...whole, request: { ...whole.request, method: 7 } },
      { ...whole, request: { ...whole.request, body: { type: "other" } } },
      { ...whole, response: { ...whole.response, reads: [{ ms: -1, text: "" }] } },
      { ...whole, response: { ...whole.response, reads: [{ ms: 1, base64: "%%" }] } },
      { ...whole, ended: { type: "error", ms: 1 } },
      { ...whole, ended: undefined },
    ];
    for (const json of spoiled) {
      writeFileSync(join(folder.dir, file), JSON.stringify(json));
      expect(() => replay(folder.dir)).toThrow(/0001-post-chat-completions.json is no recorded exchange/);
    }
  });

  it("is recorded again over the spoiled one", async () => {
    using folder = tempFolder();
    await recorded(folder, { body: { a: 1 } });
    const file = join(folder.dir, "0001-post-chat-completions.json");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 60));
    expect(() => replay(folder.dir)).toThrow(/Restore it, or record the cassette again/);
    await textOf(record(folder.dir, { transport: scripted({ reads: ["new"] }), overwrite: true }), request());
    expect(await textOf(replay(folder.dir), request())).toBe("new");
  });

  it("is asked for with options that are known", () => {
    expect(() => replay("x", { strict: true } as object)).toThrow(
      'replay has no option "strict". Options: pace, ignore,',
    );
    using folder = tempFolder();
    expect(() => replay(folder.dir, { pace: "slow" as "none" })).toThrow(
      'pace of replay is "none" or "recorded", not "slow"',
    );
    expect(() => replay(7 as unknown as string)).toThrow("replay takes the folder of the cassette first");
  });
});
