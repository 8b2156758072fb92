import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { type Client, createClient, MAX_UPLOAD_BYTES, type UploadOptions } from "../../src/client/index.ts";
import { AgentError } from "../../src/errors.ts";
import { startSimulator } from "../../src/sim/index.ts";
import type { Transport } from "../../src/wire/index.ts";
import { png } from "../support/images.ts";
import { bytes, failureOf, replay } from "../wire/support.ts";
import { bad, client, inTurn } from "./support.ts";

async function withFiles(run: (files: Client["files"], requests: readonly { body: unknown }[]) => Promise<void>) {
  await using simulator = await startSimulator();
  await run(createClient({ apiKey: simulator.apiKey, baseURL: simulator.url }).files, simulator.requests);
}

const stored = (): ReturnType<typeof replay> =>
  replay([bytes('{"id":"file_1","filename":"a"}')], { headers: { "content-type": "application/json" } });

const failing = (code: AgentError["code"], cause?: unknown): Transport & { requests: unknown[] } =>
  Object.assign(async () => Promise.reject(new AgentError(code, "no", { retryable: true, cause })), { requests: [] });

const quick = { retry: { baseMs: 0, connectionBaseMs: 0 } };

describe("files at the simulator", () => {
  test.each<[string, Uint8Array | ArrayBuffer | Blob, UploadOptions, object]>([
    ["bytes", png(), { filename: "a.png", mediaType: "image/png" }, { filename: "a.png", type: "image/png" }],
    ["a buffer", png().buffer, { filename: "a.bin" }, { filename: "a.bin", type: "application/octet-stream" }],
    [
      "a blob",
      new Blob([png()], { type: "image/png" }),
      { filename: "b.png" },
      { filename: "b.png", type: "image/png" },
    ],
    ["a file", new File([png()], "own name.png", { type: "image/png" }), {}, { filename: "own name.png" }],
    ["a file under another name", new File([png()], "x"), { filename: "é😀.png" }, { filename: "é😀.png" }],
  ])("are uploaded from %s, listed, fetched, read and deleted", async (_name, source, options, seen) => {
    await withFiles(async (files, requests) => {
      const made = await files.upload(source, options);
      expect(requests[0]?.body).toEqual({ file: { bytes: 68, type: expect.any(String), ...seen } });
      expect(made).toMatchObject({ bytes: 68, created_at: expect.any(Number) });
      expect(made).not.toHaveProperty("expires_at");
      expect(await files.get(made.id)).toEqual(made);
      expect(await files.list()).toEqual({ files: [made], next: made.id });
      expect(await files.content(made.id)).toEqual(png());
      await files.delete(made.id);
      expect(await files.list()).toEqual({ files: [] });
      for (const call of [files.get(made.id), files.content(made.id), files.delete(made.id)]) {
        expect(await failureOf(call)).toMatchObject({ code: "not_found", status: 404, simulated: true, attempts: 1 });
      }
    });
  });

  test("say what is said of them before the file itself", async () => {
    await withFiles(async (files, requests) => {
      const made = await files.upload(png(), { filename: "a", purpose: "assistants", expiresAfterSeconds: 3600 });
      expect(made).toMatchObject({ purpose: "assistants", expires_at: (made.created_at ?? 0) + 3600 });
      const { body } = requests[0] ?? {};
      expect(Object.keys(body as object)).toEqual(["expires_after", "purpose", "file"]);
    });
  });

  test("come page by page to the last", async () => {
    await withFiles(async (files) => {
      for (const name of ["a", "b", "c", "d", "e"]) await files.upload(png(), { filename: name });
      const names: (string | undefined)[] = [];
      let after: string | undefined;
      do {
        const page = await files.list({ limit: 2, order: "asc", ...(after === undefined ? {} : { after }) });
        names.push(...page.files.map(({ filename }) => filename));
        after = page.next;
      } while (after !== undefined);
      expect(names).toEqual(["a", "b", "c", "d", "e"]);
      expect((await files.list({ sortBy: "filename" })).files.map(({ filename }) => filename).join("")).toBe("edcba");
    });
  });
});

describe("what cannot be uploaded is refused before it is sent", () => {
  const large = new Uint8Array(MAX_UPLOAD_BYTES + 1);
  test.each<[string, unknown, UploadOptions, string]>([
    ["too many bytes", large, { filename: "a" }, "has 48000001 bytes, and the limit of xAI is 48 MB (48000000 bytes)"],
    ["too large a blob", new Blob([large]), { filename: "a" }, "the limit of xAI is 48 MB"],
    ["no bytes", new Uint8Array(0), { filename: "a" }, "The file is empty"],
    ["bytes without a name", png(), {}, "The file has no name. Give one: files.upload(bytes, { filename"],
    ["a blank name", png(), { filename: " " }, "has no name"],
    ["a path", "./a.pdf", { filename: "a" }, "a text: read the file, and give its bytes"],
    ["nothing", undefined, { filename: "a" }, "no bytes. It takes a Uint8Array"],
    ["a type that is none", png(), { filename: "a", mediaType: "pdf\r\nx: y" }, "mediaType is"],
    ["half an hour", png(), { filename: "a", expiresAfterSeconds: 1800 }, "whole seconds from 3600 (an hour)"],
    ["31 days", png(), { filename: "a", expiresAfterSeconds: 2_678_400 }, "to 2592000 (30 days)"],
    ["half seconds", png(), { filename: "a", expiresAfterSeconds: 3600.5 }, "expiresAfterSeconds is 3600.5"],
  ])("%s", async (_name, source, options, message) => {
    const transport = stored();
    // Past the types, as callers in JavaScript do.
    expect(await failureOf(client(transport).files.upload(source as Uint8Array, options))).toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(message),
    });
    expect(transport.requests).toEqual([]);
  });

  test.each(["", " ", ".", "..", 7, undefined])("the id %j is none, and is not asked for", async (id) => {
    const transport = stored();
    const { files } = client(transport);
    const given = id as string; // past the types
    for (const call of [files.get(given), files.delete(given), files.content(given)]) {
      expect(await failureOf(call)).toMatchObject({
        code: "invalid_option",
        message: expect.stringMatching(/no id of a file/),
      });
    }
    expect(transport.requests).toEqual([]);
  });

  test("a page of no size is none", async () => {
    expect(await failureOf(client(stored()).files.list({ limit: 0 }))).toMatchObject({ code: "invalid_option" });
  });
});

describe("an upload that failed", () => {
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  test.each<[string, () => Transport & { requests: unknown[] }]>([
    ["429", () => bad(429)],
    ["503", () => bad(503)],
    ["529", () => bad(529)],
    ["a connection that took too long to come about", () => failing("connect_timeout")],
    [
      "a connection that was refused",
      () => failing("connection_failed", new TypeError("fetch failed", { cause: refused })),
    ],
  ])("with %s stored nothing, and is sent again as it was", async (_name, failure) => {
    const good = stored();
    const transport = inTurn(failure(), good);
    expect(await client(transport, quick).files.upload(png(), { filename: "a" })).toMatchObject({ id: "file_1" });
    expect(transport.count()).toBe(2);
    expect(good.requests[0]?.body).toEqual(expect.any(Uint8Array));
  });

  test.each<[string, () => Transport & { requests: unknown[] }, object]>([
    ["500", () => bad(500), { code: "server_error", attempts: 1 }],
    ["502", () => bad(502), { code: "server_error", attempts: 1 }],
    ["a connection that broke", () => failing("connection_failed", new Error("reset")), { code: "connection_failed" }],
    ["no answer in time", () => failing("headers_timeout"), { code: "headers_timeout" }],
    ["half an answer", () => replay([bytes('{"id":')], { headers: { "content-type": "application/json" } }), {}],
    ["a refusal", () => bad(400), { code: "invalid_request" }],
  ])("with %s may be stored, and is not sent again", async (_name, failure, error) => {
    const transport = inTurn(failure(), stored());
    expect(await failureOf(client(transport, quick).files.upload(png(), { filename: "a" }))).toMatchObject(error);
    expect(transport.count()).toBe(1);
  });

  test("because nobody listens is tried three times, over a real socket", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // a listening TCP server has one
    await new Promise((resolve) => server.close(resolve));
    const { files } = createClient({ apiKey: "sim_key", baseURL: `http://127.0.0.1:${port}`, ...quick });
    expect(await failureOf(files.upload(png(), { filename: "a" }))).toMatchObject({
      code: "connection_failed",
      attempts: 3,
    });
  });

  test("because the caller gave up ends with the caller's reason", async () => {
    const reason = new Error("enough");
    const upload = client(stored()).files.upload(png(), { filename: "a", signal: AbortSignal.abort(reason) });
    expect(await failureOf(upload)).toBe(reason);
  });
});

describe("other requests about files are tried again", () => {
  test("until they succeed", async () => {
    const transport = inTurn(bad(500), failing("connection_failed"), stored());
    expect(await client(transport, quick).files.get("file_1")).toMatchObject({ id: "file_1" });
    expect(transport.count()).toBe(3);
  });

  test("and a file that is gone when it is deleted again was deleted by the attempt whose answer was lost", async () => {
    const lost = inTurn(failing("connection_failed"), bad(404));
    expect(await client(lost, quick).files.delete("file_1")).toBeUndefined();
    expect(await failureOf(client(inTurn(bad(404)), quick).files.delete("file_1"))).toMatchObject({
      code: "not_found",
    });
  });
});
