import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ContentPart,
  checkMessages,
  checkUserMessage,
  contentText,
  type FilePartOptions,
  filePart,
  type ImagePartOptions,
  imagePart,
  MAX_IMAGE_BYTES,
  MAX_INLINE_FILE_BYTES,
  type PartSource,
} from "../../src/message/index.ts";
import { dataUrl, gif, jpeg, MIB, png, webp } from "../support/images.ts";

const refusal = (message: string): unknown =>
  expect.objectContaining({ code: "invalid_message", message: expect.stringContaining(message) });

/** Sources and options past the types, as callers in JavaScript give them. */
const wrong = (value: unknown): never => value as never;

describe("an image", () => {
  test.each([
    ["png", png(), "image/png"],
    ["jpeg", jpeg(), "image/jpeg"],
    ["webp", webp(), "image/webp"],
  ])("from the bytes of a %s is a data: URL of its type, told by its first bytes", (_name, bytes, type) => {
    expect(imagePart(bytes)).toEqual({ type: "image", url: dataUrl(bytes, type) });
    expect(imagePart(bytes.buffer)).toEqual(imagePart(bytes));
    expect(imagePart(bytes, { mediaType: wrong(type), detail: "low" })).toMatchObject({ detail: "low" });
  });

  test("from a view of larger memory is the view alone", () => {
    const memory = new Uint8Array(100);
    memory.set(png(20), 40);
    expect(imagePart(memory.subarray(40, 60))).toEqual(imagePart(png(20)));
  });

  test.each<[string, PartSource, object]>([
    ["an address", "https://example.com/a.png", { url: "https://example.com/a.png" }],
    ["a URL", new URL("http://example.com/b?c=d"), { url: "http://example.com/b?c=d" }],
    ["a data: URL", dataUrl(jpeg(), "image/jpeg"), { url: dataUrl(jpeg(), "image/jpeg") }],
    ["the id of a file", { fileId: "file_1" }, { fileId: "file_1" }],
  ])("from %s is that", (_name, source, fields) => {
    expect(imagePart(source, { detail: "high" })).toEqual({ type: "image", ...fields, detail: "high" });
  });

  test("of exactly 20 MiB is taken, and of a byte more is refused with the limit", () => {
    expect(imagePart(png(MAX_IMAGE_BYTES)).url).toHaveLength("data:image/png;base64,".length + (20 * MIB * 4 + 4) / 3);
    expect(() => imagePart(png(MAX_IMAGE_BYTES + 1))).toThrow(
      refusal("The image is an image of 20971521 bytes, and the limit is 20 MiB (20971520 bytes). Make it smaller"),
    );
  });

  test.each<[string, PartSource, ImagePartOptions, string]>([
    ["no bytes", new Uint8Array(0), {}, "holds no bytes"],
    ["bytes of a GIF", gif(), {}, "holds bytes of no JPEG, PNG or WebP. Convert"],
    ["another type than its bytes", png(), { mediaType: "image/jpeg" }, "said to be image/jpeg, and its bytes are"],
    ["a type that xAI does not take", gif(), { mediaType: wrong("image/gif") }, "xAI takes image/jpeg"],
    ["a type that does not exist", jpeg(), { mediaType: wrong("image/jpg") }, 'Write "image/jpeg"'],
    ["a path", "cat.png", {}, 'The image.url is "cat.png". Give an http(s) or data: URL, or the bytes'],
    ["an address that is none", "https://", {}, 'is "https://"'],
    ["a file: URL", new URL("file:///cat.png"), {}, "Give an http(s) or data: URL"],
    ["an empty id", { fileId: "" }, {}, 'The image.fileId is ""'],
    ["a number", wrong(7), {}, "The source of the part is a number. Give a URL, { fileId }, or bytes"],
    ["nothing", wrong(null), {}, "The source of the part is null"],
    ["a blob", wrong(new Blob(["x"])), {}, "of a Blob its arrayBuffer()"],
    ["an unknown detail", png(), { detail: wrong("huge") }, 'The image.detail is "huge"'],
  ])("from %s is refused", (_name, source, options, message) => {
    expect(() => imagePart(source, options)).toThrow(refusal(message));
  });
});

describe("a file", () => {
  test("from bytes is base64 with its name", () => {
    const bytes = new TextEncoder().encode("a,b\n1,2");
    const part = { type: "file", data: Buffer.from(bytes).toString("base64"), filename: "a.csv" };
    expect(filePart(bytes, { filename: "a.csv" })).toEqual(part);
    expect(filePart(bytes, { filename: "a.csv", mediaType: "text/csv" })).toEqual({ ...part, mediaType: "text/csv" });
  });

  test("by address or id is that", () => {
    expect(filePart("https://example.com/a.pdf")).toEqual({ type: "file", url: "https://example.com/a.pdf" });
    expect(filePart({ fileId: "file_1" }, { filename: "a.pdf" })).toEqual({
      type: "file",
      fileId: "file_1",
      filename: "a.pdf",
    });
  });

  test("of more than 20 MiB in a message is refused with the limit, and told to be uploaded", () => {
    const bytes = new Uint8Array(MAX_INLINE_FILE_BYTES + 1);
    expect(() => filePart(bytes, { filename: "a" })).toThrow(
      refusal(
        "of 20971521 bytes, and the limit within a message is 20 MiB (20971520 bytes). Upload it with client.files",
      ),
    );
  });

  test.each<[string, PartSource, FilePartOptions, string]>([
    ["bytes without a name", png(), {}, "has no filename"],
    ["no bytes", new Uint8Array(0), { filename: "a" }, "holds no bytes"],
    ["a type that is none", png(), { filename: "a", mediaType: "pdf" }, 'mediaType is "pdf"'],
    ["a data: URL", dataUrl(png()), {}, "Give the base64 behind its comma as data"],
    ["a path", "./report.pdf", {}, "Give an http(s) URL that xAI can fetch, or the bytes"],
  ])("from %s is refused", (_name, source, options, message) => {
    expect(() => filePart(source, options)).toThrow(refusal(message));
  });
});

describe("parts that are handed in", () => {
  const user = (...content: readonly unknown[]): unknown[] => [{ role: "user", content }];

  test("made by the makers pass, in messages of users and results of tools", () => {
    const parts: ContentPart[] = [
      { type: "text", text: "?" },
      imagePart(png()),
      filePart(jpeg(), { filename: "a.jpg" }),
    ];
    const messages = [
      { role: "user", content: parts },
      { role: "assistant", content: "", toolCalls: [{ id: "c", tool: "t", arguments: "{}" }] },
      { role: "tool", callId: "c", content: parts },
    ];
    expect(() => checkMessages(messages, "messages")).not.toThrow();
    expect(() => checkUserMessage(messages[0], "The message")).not.toThrow();
  });

  test.each<[string, unknown, string]>([
    ["null", null, "messages[0].content[1] is no part of a message"],
    ["a text", "hi", "messages[0].content[1] is no part of a message"],
    ["an unknown type", { type: "video" }, "content[1] is no part we know"],
    ["chat JSON", { type: "image_url", image_url: { url: "x" } }, "fromChatMessages(messages)"],
    ["an empty text", { type: "text", text: "" }, "content[1].text is empty"],
    ["no text", { type: "text" }, "content[1].text is undefined"],
    ["an image of nothing", { type: "image" }, "content[1] has neither url nor fileId. Give one of them"],
    ["two images in one", { type: "image", url: "https://a.b", fileId: "f" }, "content[1] has a url and a fileId"],
    ["a number for an address", { type: "image", url: 7 }, "content[1].url is a number"],
    [
      "a data: URL of text",
      { type: "image", url: "data:image/png,abc" },
      "content[1].url is a data: URL without base64",
    ],
    ["base64 with a space", { type: "image", url: "data:image/png;base64,AAA A" }, "content[1].url is no base64"],
    ["base64 cut short", { type: "image", url: "data:image/png;base64,AAA" }, "is no base64"],
    ["base64 of nothing", { type: "image", url: "data:image/png;base64," }, "holds no bytes"],
    ["a GIF", { type: "image", url: dataUrl(gif(), "image/gif") }, 'is said to be "image/gif"'],
    ["a GIF that says it is a PNG", { type: "image", url: dataUrl(gif()) }, "holds bytes of no JPEG"],
    ["a JPEG that says it is a PNG", { type: "image", url: dataUrl(jpeg()) }, "and its bytes are image/jpeg"],
    ["a file of nothing", { type: "file" }, "content[1] has neither fileId nor url nor data"],
    ["a file from two places", { type: "file", fileId: "f", data: "AAAA" }, "has a fileId and a data"],
    ["bytes without a name", { type: "file", data: "AAAA" }, "has data and no filename"],
    ["bytes that are none", { type: "file", data: "?", filename: "a" }, "content[1].data is no base64"],
    ["an empty name", { type: "file", fileId: "f", filename: "" }, 'content[1].filename is ""'],
    ["a hole", undefined, "content[1] is no part"],
  ])("such as %s are refused, naming the place", (_name, part, message) => {
    expect(() => checkMessages(user({ type: "text", text: "?" }, part), "messages")).toThrow(refusal(message));
  });

  test("are measured by the length of their base64", () => {
    const head = dataUrl(png(12)).split(",")[1] ?? "";
    const sized = (bytes: number): unknown[] =>
      user({ type: "image", url: `data:image/png;base64,${head}${"A".repeat(((bytes - 12) / 3) * 4)}` });
    expect(() => checkMessages(sized(20 * MIB - 2), "messages")).not.toThrow(); // a multiple of three, below the limit
    expect(() => checkMessages(sized(20 * MIB + 1), "messages")).toThrow(refusal("of 20971521 bytes"));
  });

  test("stand as words where text is wanted", () => {
    expect(
      contentText([{ type: "text", text: "See:" }, imagePart(png()), filePart(png(), { filename: "a.png" })]),
    ).toBe("See:\n[image]\n[file a.png]");
  });
});

test("bytes of any length come back from a part as they were, and pass as a part that is handed in", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60_000 }), (bytes) => {
      const part = filePart(bytes, { filename: "a" });
      expect(new Uint8Array(Buffer.from(part.data ?? "", "base64"))).toEqual(new Uint8Array(bytes));
      expect(() => checkMessages([{ role: "user", content: [part] }], "messages")).not.toThrow();
    }),
  );
});
