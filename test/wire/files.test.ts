import { describe, expect, test } from "vitest";
import {
  deleteFile,
  type Endpoint,
  type FileRequestOptions,
  getFile,
  listFiles,
  readFile,
  type Transport,
  uploadFile,
} from "../../src/wire/index.ts";
import { bytes, endpointOver, failureOf, KEY, replay } from "./support.ts";

const json = (value: unknown, status = 200): ReturnType<typeof replay> =>
  replay([bytes(JSON.stringify(value))], { status, headers: { "content-type": "application/json" } });

const options: FileRequestOptions = { signal: new AbortController().signal, requestId: "r" };
const file = {
  id: "file_1",
  object: "file",
  bytes: 6,
  created_at: 1,
  expires_at: null,
  filename: "a.pdf",
  purpose: "",
};

describe("requests about files", () => {
  test("upload the form as it is, with its own content type and the key", async () => {
    const transport = json({ ...file, expires_at: 9 });
    const form = { body: new Uint8Array([1, 2]), contentType: "multipart/form-data; boundary=x" };
    const made = await uploadFile(endpointOver(transport), form, options);
    expect(made).toEqual({ id: "file_1", bytes: 6, created_at: 1, expires_at: 9, filename: "a.pdf" });
    expect(transport.requests).toMatchObject([
      {
        method: "POST",
        url: "https://api.x.ai/v1/files",
        body: form.body,
        headers: {
          "content-type": form.contentType,
          accept: "application/json",
          authorization: `Bearer ${KEY}`,
          "x-client-request-id": "r",
        },
      },
    ]);
  });

  test("list with every option under xAI's name, and sorted where nobody says", async () => {
    const transport = json({ data: [file], pagination_token: "file_1" });
    const endpoint = endpointOver(transport);
    await listFiles(endpoint, {}, options);
    const query = { limit: 2, after: "t&k", sortBy: "size", order: "asc", filter: 'content_type = "pdf"' } as const;
    expect(await listFiles(endpoint, query, options)).toEqual({
      files: [{ id: "file_1", bytes: 6, created_at: 1, filename: "a.pdf" }],
      next: "file_1",
    });
    const urls = transport.requests.map(({ url }) => new URL(url));
    expect(urls[0]?.search).toBe("?sort_by=created_at");
    expect(Object.fromEntries(urls[1]?.searchParams ?? [])).toEqual({
      sort_by: "size",
      limit: "2",
      order: "asc",
      pagination_token: "t&k",
      filter: 'content_type = "pdf"',
    });
  });

  test.each<[string, object, string | undefined]>([
    ["goes on where the token says", { data: [file], pagination_token: "t" }, "t"],
    ["ends with a page that has no files, though it has a token", { data: [], pagination_token: "t" }, undefined],
    ["ends where there is no token", { data: [file] }, undefined],
    ["ends where a compatible server says so", { data: [file], has_more: false, last_id: "file_1" }, undefined],
    [
      "goes on behind the last id of a compatible server",
      { data: [file], has_more: true, last_id: "file_1" },
      "file_1",
    ],
  ])("a list %s", async (_name, page, next) => {
    expect((await listFiles(endpointOver(json(page)), {}, options)).next).toBe(next);
  });

  test("name a file by an id that cannot leave its place in the path", async () => {
    const transport = json(file);
    await getFile(endpointOver(transport), "a/../b?c", options);
    expect(transport.requests[0]?.url).toBe("https://api.x.ai/v1/files/a%2F..%2Fb%3Fc");
  });

  test("delete with DELETE and without a body", async () => {
    const transport = json({ id: "file_1", deleted: true });
    await deleteFile(endpointOver(transport), "file_1", options);
    expect(transport.requests[0]).toMatchObject({ method: "DELETE", url: "https://api.x.ai/v1/files/file_1" });
    expect(transport.requests[0]).not.toHaveProperty("body");
    expect(transport.requests[0]?.headers).not.toHaveProperty("content-type");
  });
});

describe("the content of a file", () => {
  test("is its bytes, however they arrive", async () => {
    const transport = replay([new Uint8Array([0, 255]), new Uint8Array(0), new Uint8Array([128])]);
    const endpoint = endpointOver(transport);
    expect(await readFile(endpoint, { id: "f" }, options)).toEqual(new Uint8Array([0, 255, 128]));
    await readFile(endpoint, { id: "f", format: "text" }, options);
    expect(transport.requests.map(({ url }) => url)).toEqual([
      "https://api.x.ai/v1/files/f/content",
      "https://api.x.ai/v1/files/f/content?format=text",
    ]);
    expect(transport.requests[0]?.headers).toMatchObject({ accept: "*/*" });
  });

  test("is not read beyond 256 MiB, and its connection is closed", async () => {
    let isClosed = false;
    const piece = new Uint8Array(1024 * 1024);
    const transport: Transport = async () => ({
      status: 200,
      header: () => undefined,
      body: (async function* () {
        try {
          for (;;) yield piece;
        } finally {
          isClosed = true;
        }
      })(),
    });
    expect(await failureOf(readFile(endpointOver(transport), { id: "big" }, options))).toMatchObject({
      code: "event_too_large",
      message: expect.stringContaining("The file big has more than 256 MiB (268435456 bytes)"),
    });
    expect(isClosed).toBe(true);
  });
});

describe("an answer that is none about files is told as such", () => {
  const calls: readonly [string, (endpoint: Endpoint) => Promise<unknown>, unknown][] = [
    ["a file without id", (endpoint) => getFile(endpoint, "f", options), { object: "file" }],
    ["a list instead of a file", (endpoint) => getFile(endpoint, "f", options), [file]],
    ["a list without data", (endpoint) => listFiles(endpoint, {}, options), { files: [] }],
    ["a list with something else in it", (endpoint) => listFiles(endpoint, {}, options), { data: [7] }],
    ["a file that was not deleted", (endpoint) => deleteFile(endpoint, "f", options), { id: "f", deleted: false }],
  ];
  test.each(calls)("%s", async (_name, call, answer) => {
    expect(await failureOf(call(endpointOver(json(answer))))).toMatchObject({
      code: "malformed_event",
      message: expect.stringContaining("Check that the base URL is that of an API with files"),
    });
  });

  test("and an error in it is that error", async () => {
    const answer = { code: "not-found", error: "The file f does not exist." };
    expect(await failureOf(getFile(endpointOver(json(answer, 404)), "f", options))).toMatchObject({
      code: "not_found",
      status: 404,
      retryable: false,
    });
  });
});
