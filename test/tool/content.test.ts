import { describe, expect, test } from "vitest";
import { filePart, imagePart } from "../../src/message/index.ts";
import { callTool, type ToolAnswer } from "../../src/tool/index.ts";
import { dataUrl, gif, MIB, png } from "../support/images.ts";
import { requestOf, toolOf } from "./support.ts";

/** The answer of a tool whose view of what it returned is this. */
async function shown(view: unknown, options: { maxOutputBytes?: number } = {}): Promise<ToolAnswer> {
  return await callTool(
    toolOf(() => ({ n: 1 }), { toModel: () => view, ...options }),
    {},
    requestOf(),
  );
}

const image = imagePart(png());

describe("a list of content parts is shown as parts", () => {
  test.each<[string, readonly unknown[]]>([
    ["an image", [image]],
    ["an image with words", [{ type: "text", text: "The chart:" }, imagePart("https://example.com/a.png")]],
    ["a file by id", [filePart({ fileId: "file_1" })]],
    ["a file's bytes", [filePart(png(), { filename: "a.png", mediaType: "image/png" })]],
    [
      "texts alone",
      [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    ],
  ])("%s", async (_name, parts) => {
    expect(await shown(parts)).toEqual({ outcome: "ok", output: { n: 1 }, content: parts, durationMs: 0 });
  });

  test("with its texts made such that xAI takes them", async () => {
    const answer = await shown([{ type: "text", text: "a\ud83d" }, { type: "text", text: "" }, image]);
    expect(answer.content).toEqual([{ type: "text", text: "a\ufffd" }, { type: "text", text: "(empty text)" }, image]);
  });
});

test.each<[string, unknown]>([
  ["an empty list", []],
  ["one part alone", image],
  ["a part among other things", [image, { n: 1 }]],
  ["a part with a field of its own", [{ ...image, alt: "a cat" }]],
  ["an image from nowhere", [{ type: "image" }]],
  ["a text that is none", [{ type: "text", text: 7 }]],
  ["a type named like what every object has", [{ type: "toString" }]],
  ["a list of null", [null]],
])("%s is JSON like any other view", async (_name, view) => {
  expect((await shown(view)).content).toBe(JSON.stringify(view));
});

test.each<[string, unknown, string]>([
  [
    "an image that is too large",
    { type: "image", url: dataUrl(png(20 * MIB + 1)) },
    "part 1.url is an image of 20971521 bytes, and the limit is 20 MiB (20971520 bytes)",
  ],
  ["a GIF", { type: "image", url: dataUrl(gif(), "image/gif") }, 'part 1.url is said to be "image/gif"'],
  ["an image from two places", { type: "image", url: "https://a.b", fileId: "f" }, "part 1 has a url and a fileId"],
  ["a file without a name", { type: "file", data: "AAAA" }, "part 1 has data and no filename"],
])("%s makes a result that says the tool ran", async (_name, part, message) => {
  const answer = await shown([part]);
  expect(answer).toMatchObject({ outcome: "error", error: { code: "tool_failed" } });
  expect(answer.content).toContain(`act ran, but what it shows cannot be sent: ${message}`);
  expect(String(answer.content).length).toBeLessThan(400);
});

describe("the texts of parts are cut to what the tool may say, in all", () => {
  const text = (length: number, of = "a"): { type: string; text: string } => ({
    type: "text",
    text: of.repeat(length),
  });

  test("and images are not counted", async () => {
    const parts = [text(100), imagePart(png(5000)), text(156)];
    expect((await shown(parts, { maxOutputBytes: 256 })).content).toEqual(parts);
  });

  test("at the first that does not fit; later ones are left out, and images stay", async () => {
    const { content } = await shown([text(100), image, text(500, "é"), text(9), image], { maxOutputBytes: 256 });
    const [first, , cut] = content as unknown as { text: string }[]; // the first and the third are texts
    expect(content).toEqual([text(100), image, { type: "text", text: expect.any(String) }, image]);
    expect(cut?.text).toBe(`${"é".repeat(14)}\n[cut: the first 128 of 1109 bytes of text; 981 bytes are not shown]`);
    expect(Buffer.byteLength(`${first?.text}${cut?.text}`)).toBeLessThanOrEqual(256);
  });
});
