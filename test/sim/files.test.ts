import OpenAI, { toFile } from "openai";
import { describe, expect, test } from "vitest";
import type { Simulator } from "../../src/sim/index.ts";
import { dataUrl, gif, jpeg, MIB, png, webp } from "../support/images.ts";
import { ask, chat, type Json, post, type Reply, readReply, respond, withSimulator } from "./support.ts";

const authorization = ({ apiKey }: Simulator): Record<string, string> => ({ authorization: `Bearer ${apiKey}` });

async function send(simulator: Simulator, method: string, path: string, body?: FormData | string): Promise<Reply> {
  const headers = authorization(simulator);
  return readReply(
    await fetch(`${simulator.url}/files${path}`, { method, headers, ...(body === undefined ? {} : { body }) }),
  );
}

function form(...fields: readonly [string, string | Blob][]): FormData {
  const data = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === "string") data.append(name, value);
    else data.append(name, value, "a.bin");
  }
  return data;
}

async function upload(simulator: Simulator, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return (await send(simulator, "POST", "", form(["file", new Blob([bytes])]))).json.id;
}

test("the openai package uploads, lists, fetches, reads and deletes files", async () => {
  await withSimulator({}, async (simulator) => {
    const client = new OpenAI({ baseURL: simulator.url, apiKey: simulator.apiKey, maxRetries: 0 });
    const file = await client.files.create({ file: await toFile(png(), "a.png"), purpose: "assistants" });
    expect(file).toMatchObject({ object: "file", bytes: 68, filename: "a.png", purpose: "assistants" });
    const ids: string[] = [];
    for await (const { id } of client.files.list()) ids.push(id);
    expect(ids).toEqual([file.id]);
    expect((await client.files.retrieve(file.id)).filename).toBe("a.png");
    expect(new Uint8Array(await (await client.files.content(file.id)).arrayBuffer())).toEqual(png());
    expect(await client.files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  });
});

describe("an upload is refused", () => {
  const file: [string, Blob] = ["file", new Blob(["x"])];
  test.each<[string, FormData | string, number, string]>([
    ["that is no form", "x", 400, "boundary"],
    ["without a file", form(["purpose", "x"]), 400, "no file part"],
    ["whose file is a text", form(["file", "x"]), 400, "no file part"],
    ["whose expiry stands behind its file", form(file, ["expires_after", "3600"]), 400, "before the file"],
    ["that expires too soon", form(["expires_after", "3599"], file), 400, "between 3600 and 2592000"],
    ["that expires too late", form(["expires_after", "2592001"], file), 400, "between 3600 and 2592000"],
    ["whose expiry is no number", form(["expires_after", "soon"], file), 400, "between 3600"],
    ["of more than 50 MB", form(["file", new Blob([new Uint8Array(50_000_001)])]), 413, "length limit"],
  ])("%s", async (_name, body, status, words) => {
    await withSimulator({}, async (simulator) => {
      const reply = await send(simulator, "POST", "", body);
      expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(words)]);
      expect((await send(simulator, "GET", "")).json.data).toEqual([]);
    });
  });

  test("and shown on the list of requests without its bytes", async () => {
    await withSimulator({}, async (simulator) => {
      await send(simulator, "POST", "", form(["expires_after", "3600"], file));
      expect(simulator.requests).toMatchObject([
        { method: "POST", status: 200, body: { expires_after: "3600", file: { filename: "a.bin", bytes: 1 } } },
      ]);
    });
  });
});

test.each([
  ["GET", "/file_x", 404, "not-found"],
  ["DELETE", "/file_x", 404, "not-found"],
  ["GET", "/file_x/content", 404, "not-found"],
  ["GET", "/file_x/other", 404, "The simulator has no GET"],
  ["PUT", "", 405, "not allowed"],
  ["POST", "/file_x", 405, "not allowed"],
  ["GET", "?limit=0", 400, "limit"],
  ["GET", "?sort_by=age", 400, "sort_by"],
  ["GET", "?order=up", 400, "order"],
  ["GET", "?pagination_token=x", 400, "pagination_token"],
  ["GET", "?filter=x", 400, "simulator:unsupported"],
  ["GET", "/file_x/content?format=text", 400, "simulator:unsupported"],
])("%s /v1/files%s is answered %i", async (method, path, status, words) => {
  await withSimulator({}, async (simulator) => {
    const reply = await send(simulator, method, path);
    expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(words)]);
  });
});

test("files without the key are nobody's", async () => {
  await withSimulator({}, async (simulator) => {
    expect((await fetch(`${simulator.url}/files`)).status).toBe(401);
  });
});

/** An image in a message of the user, over each endpoint. */
const asChat = (source: object): Json => chat({ messages: [{ role: "user", content: [chatImage(source)] }] });
const asInput = (source: object): Json => ask({ input: [{ role: "user", content: [inputImage(source)] }] });
const chatImage = (image_url: object): object => ({ type: "image_url", image_url });
const inputImage = ({ url, file_id }: { url?: string; file_id?: string }): object => ({
  type: "input_image",
  image_url: url,
  file_id,
});

async function both(simulator: Simulator, source: object): Promise<Reply[]> {
  return [await post(simulator, asChat(source)), await respond(simulator, asInput(source))];
}

describe("an image in a message", () => {
  test.each<[string, string]>([
    ["of 68 bytes, image/png", dataUrl(png())],
    ["of 20 bytes, image/jpeg", dataUrl(jpeg(), "image/jpeg")],
    ["of 20 bytes, image/webp", dataUrl(webp(), "image/webp")],
    ["at https://example.com/a.png", "https://example.com/a.png"],
  ])("%s is told by the planner on both endpoints", async (words, url) => {
    await withSimulator({}, async (simulator) => {
      const [completion, response] = await both(simulator, { url });
      expect(completion?.json.choices[0].message.content).toContain(`You showed me an image ${words}.`);
      expect(response?.text).toContain(`You showed me an image ${words}.`);
    });
  });

  test("of exactly 20 MiB is taken", async () => {
    await withSimulator({ maxBodyBytes: 64 * MIB }, async (simulator) => {
      expect((await post(simulator, asChat({ url: dataUrl(png(20 * MIB)) }))).status).toBe(200);
    });
  });

  test.each<[string, object, string]>([
    ["of more", { url: dataUrl(png(20 * MIB + 1)) }, "the maximum is 20 MiB"],
    ["from nowhere", {}, "exactly one of url and file_id"],
    ["from two places", { url: "https://a.b", file_id: "f" }, "exactly one of"],
    ["that is a GIF", { url: dataUrl(gif(), "image/gif") }, "unsupported image type"],
    ["that only says it is a PNG", { url: dataUrl(gif()) }, "Could not process image"],
    ["whose base64 is bad", { url: "data:image/png;base64,AAA*" }, "not valid base64"],
    ["at a path", { url: "/a.png" }, "cannot fetch image"],
    ["that nobody uploaded", { file_id: "file_x" }, "file file_x was not found"],
  ])("%s is refused on both endpoints", async (_name, source, words) => {
    await withSimulator({ maxBodyBytes: 64 * MIB }, async (simulator) => {
      for (const reply of await both(simulator, source)) {
        expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(words)]);
      }
    });
  });

  test("that was uploaded is found by its id until it is deleted, and a text that was is no image", async () => {
    await withSimulator({}, async (simulator) => {
      const file_id = await upload(simulator, png());
      for (const reply of await both(simulator, { file_id })) {
        expect(reply.text).toContain(`an image with the id ${file_id}`);
      }
      const text = await upload(simulator, new TextEncoder().encode("hello"));
      for (const reply of await both(simulator, { file_id: text })) expect(reply.text).toContain("is not an image");
      await send(simulator, "DELETE", `/${file_id}`);
      for (const reply of await both(simulator, { file_id })) expect(reply.text).toContain("was not found");
    });
  });
});

describe("a file in a message", () => {
  const input = (part: object): Json => ask({ input: [{ role: "user", content: [{ type: "input_file", ...part }] }] });
  const message = (file: object): Json => chat({ messages: [{ role: "user", content: [{ type: "file", file }] }] });

  test("is told by the planner", async () => {
    await withSimulator({}, async (simulator) => {
      const file_id = await upload(simulator, new TextEncoder().encode("hello"));
      const data = { file_data: "aGk=", filename: "a.txt" };
      expect((await respond(simulator, input(data))).text).toContain("You showed me a file named a.txt of 2 bytes.");
      expect((await respond(simulator, input({ file_url: "https://a.b/c" }))).text).toContain(
        "a file at https://a.b/c",
      );
      expect((await respond(simulator, input({ file_id }))).text).toContain(`a file with the id ${file_id}`);
      expect((await post(simulator, message({ file_id }))).text).toContain(`a file with the id ${file_id}`);
      expect((await post(simulator, message({ url: "https://a.b/c" }))).text).toContain("a file at https://a.b/c");
    });
  });

  test("is refused from two places, from nowhere, without a name, and with bad base64", async () => {
    await withSimulator({}, async (simulator) => {
      const replies = [
        await post(simulator, message({})),
        await post(simulator, message({ url: "https://a.b", file_id: "f" })),
        await respond(simulator, input({})),
        await respond(simulator, input({ file_data: "aGk=" })),
        await respond(simulator, input({ file_data: "?", filename: "a" })),
      ];
      expect(replies.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
      expect(replies.map(({ json }) => json.error.replace("Invalid request content: ", "").slice(0, 20))).toEqual([
        "exactly one of file_",
        "exactly one of file_",
        "exactly one of file_",
        "filename is required",
        "the attached data is",
      ]);
    });
  });
});
