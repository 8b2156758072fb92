import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAgent, createClient, remoteMcp, type Transport } from "fairwitness";
import { record, replay, startScript } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { bytes, failureOf, readsOf, request, scripted, tempFolder, textOf } from "./support.ts";

const KEY = "xai-canary-4711-do-not-show";
const BODY = { model: "grok-4.7", messages: [{ role: "user", content: "hi" }] };

describe("a recording", () => {
  it("is one readable file for each exchange, with its reads and their times", async () => {
    using folder = tempFolder();
    const clock = fakeClock();
    const inner = scripted({ reads: ["data: 1\n\n", "data: 2\n\n"], headers: { "content-type": "text/event-stream" } });
    const transport: Transport = async (sent) => {
      await clock.pass(12);
      const { body, ...response } = await inner(sent);
      const slow = async function* (): AsyncGenerator<Uint8Array> {
        for await (const read of body) {
          await clock.pass(3);
          yield read;
        }
      };
      return { ...response, body: slow() };
    };
    await textOf(record(folder.dir, { transport, clock }), request({ body: BODY, path: "/v1/chat/completions?x=1" }));
    expect(folder.files()).toEqual(["0001-post-chat-completions.json"]);
    expect(folder.text("0001-post-chat-completions.json")).toBe(`{
  "cassette": 1,
  "request": {
    "method": "POST",
    "path": "/v1/chat/completions?x=1",
    "headers": {
      "content-type": "application/json"
    },
    "body": {
      "type": "json",
      "json": {
        "model": "grok-4.7",
        "messages": [
          {
            "role": "user",
            "content": "hi"
          }
        ]
      }
    }
  },
  "response": {
    "status": 200,
    "headersMs": 12,
    "headers": {
      "content-type": "text/event-stream"
    },
    "reads": [
      {"ms":3,"text":"data: 1\\n\\n"},
      {"ms":6,"text":"data: 2\\n\\n"}
    ]
  },
  "ended": {
    "type": "whole",
    "ms": 6
  }
}
`);
  });

  it("is numbered in the order of sending, whichever is over first", async () => {
    using folder = tempFolder();
    const { promise, resolve } = Promise.withResolvers<void>();
    const inner = scripted();
    const recorder = record(folder.dir, {
      transport: async (sent) => {
        if (sent.method === "POST") await promise;
        return inner(sent);
      },
    });
    const first = textOf(recorder, request({ body: { n: 1 }, path: "/v1/responses" }));
    await textOf(recorder, request({ method: "GET", path: "/v1/models/grok-4.7" }));
    expect(folder.files()).toEqual(["0002-get-models-grok-4-7.json"]);
    resolve();
    await first;
    await recorder.written();
    expect(folder.files()).toEqual(["0001-post-responses.json", "0002-get-models-grok-4-7.json"]);
  });

  it("keeps every network read as it was, wherever it was split, and whatever bytes it has", async () => {
    const anyBytes = fc.uint8Array({ maxLength: 40 });
    const someText = fc.string({ unit: "binary", maxLength: 40 }).map(bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(anyBytes, someText), { maxLength: 6 }), fc.nat(40), async (reads, place) => {
        using folder = tempFolder();
        // One read is split in two, perhaps in the middle of a character.
        const split = reads.flatMap((read, index) =>
          index === 0 ? [read.slice(0, place), read.slice(place)] : [read],
        );
        const recorder = record(folder.dir, { transport: scripted({ reads: split }) });
        await readsOf(recorder, request({ body: BODY }));
        const again = await readsOf(replay(folder.dir), request({ body: BODY }));
        expect(again.map((read) => [...read])).toEqual(split.map((read) => [...read]));
      }),
      { numRuns: 60 },
    );
  });

  it("is written when the connection fails, breaks, or is left", async () => {
    using folder = tempFolder();
    const failure = new AgentError("connect_timeout", "10.0.0.1 could not be reached.", { retryable: true });
    const broken = new AgentError("connection_failed", "broke", { retryable: true });
    const answers = scripted({ reads: ["a"], error: broken }, { reads: ["a", "b"] });
    let count = 0;
    const recorder = record(folder.dir, {
      transport: async (sent) => {
        count += 1;
        if (count === 1) throw failure;
        return answers(sent);
      },
    });
    expect(await failureOf(textOf(recorder, request()))).toBe(failure);
    expect(await failureOf(textOf(recorder, request()))).toBe(broken);
    for await (const _ of (await recorder(request())).body) break;
    const ended = folder.files().map((file) => JSON.parse(folder.text(file)).ended);
    expect(ended).toMatchObject([
      { type: "error", code: "connect_timeout", message: "10.0.0.1 could not be reached.", retryable: true },
      { type: "error", code: "connection_failed" },
      { type: "left" },
    ]);
  });

  it("of a transport that throws what is no error of ours says what the client makes of it, and passes it on", async () => {
    using folder = tempFolder();
    const recorder = record(folder.dir, { transport: () => Promise.reject(new TypeError("socket")) });
    await expect(textOf(recorder, request())).rejects.toThrow(TypeError);
    expect(JSON.parse(folder.everything()).ended).toMatchObject({ code: "connection_failed", retryable: true });
  });

  it("is written at the abort when nobody began to read the answer", async () => {
    using folder = tempFolder();
    const controller = new AbortController();
    const recorder = record(folder.dir, { transport: scripted({ reads: ["a"] }) });
    await recorder(request({ signal: controller.signal }));
    controller.abort();
    await recorder.written();
    expect(JSON.parse(folder.everything())).toMatchObject({
      response: { status: 200, reads: [] },
      ended: { type: "left" },
    });
  });

  it("keeps of a form its parts, not its boundary, and of a file only its size and hash", async () => {
    using folder = tempFolder();
    const upload = async (transport: Transport, content = "the file's own text"): Promise<string> => {
      const form = new FormData();
      form.append("purpose", "assistants");
      form.append("file", new Blob([content], { type: "text/plain" }), "a.txt");
      const encoded = new Response(form);
      const headers = { "content-type": encoded.headers.get("content-type") ?? "" };
      const body = new Uint8Array(await encoded.arrayBuffer());
      return textOf(transport, { ...request({ path: "/v1/files", headers }), body });
    };
    await upload(record(folder.dir, { transport: scripted({ reads: ['{"id":"file_1"}'] }) }));
    expect(folder.everything()).not.toContain("own text");
    expect(folder.everything()).not.toContain("boundary");
    expect(await upload(replay(folder.dir))).toBe('{"id":"file_1"}');
    const changed = await failureOf(upload(replay(folder.dir), "another text"));
    expect(changed).toMatchObject({ code: "cassette_mismatch", retryable: false });
    expect(changed.message).toContain("form[1].bytes: recorded 19, now 12");
  });
});

describe("secrets", () => {
  it("of requests, MCP servers and options are in no file, also where the server repeats them", async () => {
    using folder = tempFolder();
    const keys = { authorization: "Bearer mcp-token-0815", headers: { "x-k": "HDR-aaaa-bbbb" } };
    const echo = { type: "response.surprise", tools: [{ type: "mcp", ...keys }], key: KEY, secret: 'quo"ted/secret' };
    await using simulator = await startScript(
      [
        { text: `your key is ${KEY}`, unknownEvent: { afterChunks: 1, data: echo } },
        { status: 400, body: { code: "x", error: `Incorrect API key provided: ${KEY}, or ${KEY.slice(0, 15)}` } },
      ],
      { apiKey: "sim_canary_0000" },
    );
    const recorder = record(folder.dir, { secrets: ['quo"ted/secret'] });
    const client = createClient({
      transport: recorder,
      baseURL: simulator.url,
      apiKey: simulator.apiKey,
      headers: { "x-team-key": KEY },
    });
    const mcp = remoteMcp({ url: "https://mcp.example.com", label: "orders", ...keys });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), tools: [mcp] });
    await agent.run('My password is quo"ted/secret');
    await agent.run("again", { reject: false });
    await recorder.written();
    const written = folder.everything();
    for (const secret of [
      KEY,
      KEY.slice(0, 15),
      "sim_canary_0000",
      "mcp-token-0815",
      "HDR-aaaa",
      "quo",
      "ted/secret",
    ]) {
      expect(written).not.toContain(secret);
    }
    expect(written).toContain("response.surprise");
    expect(written).toContain('"server_label": "orders"');
    expect(written.match(/x-client-request-id|authorization": "(?!\[redacted\])/g)).toBeNull();

    // The same program finds its answers with other keys, and with none.
    const again = createClient({ transport: replay(folder.dir, { secrets: ["another-secret"] }), apiKey: "replayed" });
    const other = remoteMcp({
      url: "https://mcp.example.com",
      label: "orders",
      authorization: "none",
      headers: { "x-k": "-" },
    });
    const answer = await createAgent({ name: "a", model: again.model("grok-4.7"), tools: [other] }).run(
      "My password is another-secret",
    );
    expect(answer.text).toBe("your key is [redacted]");
  });

  it("are found wherever the network split them, and leave the other bytes where they were", async () => {
    const word = fc.constantFrom(KEY, "€", "a", "\n", "xai-", "do-not-show ");
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        async (words, offsets) => {
          using folder = tempFolder();
          const whole = bytes(words.join(""));
          const cuts = [...new Set(offsets.map((offset) => offset % (whole.length + 1)))].sort((a, b) => a - b);
          const reads = [0, ...cuts].map((start, place) => whole.slice(start, cuts[place] ?? whole.length));
          const recorder = record(folder.dir, { transport: scripted({ reads }), secrets: [KEY] });
          await readsOf(recorder, request());
          const again = await readsOf(replay(folder.dir), request());
          expect(again).toHaveLength(reads.length);
          const text = Buffer.concat(again).toString();
          expect(text).not.toContain(KEY);
          expect(text).toBe(
            words
              .join("")
              .replaceAll(KEY, "[redacted]")
              .replaceAll(/xai-canary[\w-]*/g, "[redacted]"),
          );
        },
      ),
      { numRuns: 80 },
    );
  });

  it("that an earlier request held are masked in every answer after it", async () => {
    using folder = tempFolder();
    const tools = [{ type: "mcp", server_label: "o", authorization: "mcp-token-0815" }];
    const recorder = record(folder.dir, {
      transport: scripted({ reads: ["{}"] }, { reads: [JSON.stringify({ tools })] }),
    });
    await textOf(recorder, request({ body: { tools, mcp_servers: [{ authorization_token: "tok-4711" }] } }));
    await textOf(recorder, request({ method: "GET", path: "/v1/responses/r_1" }));
    expect(folder.text("0002-get-responses-r-1.json")).toContain("server_label");
    expect(folder.everything()).not.toMatch(/0815|4711/);
  });

  it("of tools are not confused with parameters of that name", async () => {
    using folder = tempFolder();
    const parameters = {
      type: "object",
      properties: { authorization: { type: "string" }, headers: { type: "object" } },
    };
    const body = { tools: [{ type: "function", name: "f", parameters }] };
    await textOf(record(folder.dir, { transport: scripted({ reads: ["{}"] }) }), request({ body }));
    expect(JSON.parse(folder.everything()).request.body.json).toEqual(body);
  });

  it("that look like a key of xAI are masked though nobody named them, and names that begin alike are not", async () => {
    using folder = tempFolder();
    const key = `xai-${"Ab1".repeat(26)}`;
    await textOf(
      record(folder.dir, { transport: scripted({ reads: [`${key} xai-sdk-python`] }) }),
      request({ body: { key } }),
    );
    expect(folder.everything()).not.toContain("Ab1");
    expect(folder.everything()).toContain("[redacted] xai-sdk-python");
  });

  it("of an answer's headers are left out with all headers that are not known, and of a redirect the query is", async () => {
    using folder = tempFolder();
    const headers = { "set-cookie": "session=4711", "x-other": "4711", location: "https://u:4711@h.example/p?t=4711" };
    await textOf(
      record(folder.dir, { transport: scripted({ status: 307, headers }) }),
      request({ headers: { cookie: "4711" } }),
    );
    expect(folder.everything()).not.toContain("4711");
    expect(JSON.parse(folder.everything()).response.headers).toEqual({ location: "https://h.example/p" });
  });

  it.each([[[""]], [["abc"]], [[undefined]], ["one text"]])("that cannot be masked are refused: %j", (secrets) => {
    expect(() => record("unused", { secrets: secrets as string[] })).toThrow(/secrets.*cannot be masked/);
  });
});

describe("the folder", () => {
  it("is refused when it has files, and cleared of a cassette alone when told so", async () => {
    using folder = tempFolder();
    const transport = scripted({ reads: ["one"] }, { reads: ["two"] }, { reads: ["three"] });
    const first = record(folder.dir, { transport });
    await textOf(first, request());
    await textOf(first, request());
    expect(() => record(folder.dir)).toThrow(/which has 0001-post-chat-completions.json and 1 more.*overwrite: true/);
    writeFileSync(join(folder.dir, "README.md"), "mine");
    writeFileSync(join(folder.dir, ".0003-post-x.json.tmp"), "half");
    const second = record(folder.dir, { transport, overwrite: true });
    expect(folder.files()).toHaveLength(4);
    await textOf(second, request());
    expect(readdirSync(folder.dir).sort()).toEqual(["0001-post-chat-completions.json", "README.md"]);
    expect(await textOf(replay(folder.dir), request())).toBe("three");
  });

  it("may have hidden files", async () => {
    using folder = tempFolder();
    mkdirSync(folder.dir);
    writeFileSync(join(folder.dir, ".gitkeep"), "");
    await textOf(record(folder.dir, { transport: scripted({ reads: ["one"] }) }), request());
    expect(folder.files()).toContain("0001-post-chat-completions.json");
  });

  it("that has somebody else's file of such a name is not recorded into", async () => {
    using folder = tempFolder();
    mkdirSync(folder.dir);
    writeFileSync(join(folder.dir, "0001-invoice.json"), "{}");
    const recorder = record(folder.dir, { transport: scripted({ reads: ["one"] }), overwrite: true });
    expect(await failureOf(textOf(recorder, request()))).toMatchObject({
      message: expect.stringContaining("0001-invoice.json"),
    });
    expect(folder.text("0001-invoice.json")).toBe("{}");
  });

  it("that cannot be written to fails the exchange, the next one, and written()", async () => {
    using folder = tempFolder();
    writeFileSync(folder.dir, "a file");
    expect(() => record(join(folder.dir, "in"))).toThrow(/could not be read/);
    const recorder = record(join(folder.dir, "in"), { transport: scripted({ reads: ["one"] }), overwrite: true });
    const failed = { code: "store_failed", retryable: false };
    expect(await failureOf(textOf(recorder, request()))).toMatchObject(failed);
    expect(await failureOf(textOf(recorder, request()))).toMatchObject(failed);
    expect(await failureOf(recorder.written())).toMatchObject(failed);
  });

  it("must be named, and options must be known", () => {
    expect(() => record("")).toThrow('record takes the folder of the cassette first: record("fixtures/scout")');
    expect(() => record("x", { overwrit: true } as object)).toThrow(
      'record has no option "overwrit". Options: transport,',
    );
  });
});
