import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Citation } from "../../src/message/index.ts";
import { sourceOfUrl } from "../../src/model/index.ts";
import { turnOf } from "./fake-endpoint.ts";
import { added, completed, message, shown, turnFrom, webCall, xCall } from "./responses-support.ts";

const A = "https://example.com/a";
const B = "https://example.com/b";
const cite = (url: string, start_index?: number, end_index?: number, title?: string): object => ({
  type: "url_citation",
  url,
  ...(start_index !== undefined && { start_index, end_index }),
  ...(title !== undefined && { title }),
});

async function citationsIn(
  text: string,
  annotations: readonly object[],
  before: readonly object[] = [],
): Promise<readonly Citation[]> {
  return (await turnFrom([...before, message(text, annotations)])).citations ?? [];
}

const places = (citations: readonly Citation[]): unknown[] =>
  citations.map(({ source, span }) => [source.id, span?.start, span?.end]);

describe("a source", () => {
  test.each([
    ["https://x.com/jack/status/20", "x_post:20"],
    ["https://twitter.com/jack/status/20?s=1", "x_post:20"],
    ["https://x.com/i/status/20", "x_post:20"],
    ["https://x.com/Jack", "x_user:jack"],
    ["https://x.com/i/user/12", "x_user:12"],
    ["https://x.com/explore", "web:https://x.com/explore"],
    ["https://Example.com:443/a?utm_source=openai#part", "web:https://example.com/a"],
    ["https://example.com/a?b=1%202&utm_medium=x", "web:https://example.com/a?b=1+2"],
    ["https://example.com/?q=a%20b", "web:https://example.com/?q=a%20b"],
    ["https://x.ai", "web:https://x.ai/"],
    ["collections://c_1/files/file_2", "file:file_2"],
    ["no address", "web:no address"],
  ])("at %s is %s", (url, id) => {
    expect(sourceOfUrl(url)).toMatchObject({ id, url });
  });

  test("has no display number for a title", () => {
    expect(sourceOfUrl(A, "1")).not.toHaveProperty("title");
    expect(sourceOfUrl(A, "A page")).toMatchObject({ title: "A page" });
  });
});

describe("a citation", () => {
  const link = `[[1]](${A})`;

  test("stands where the server says, when the link is there", async () => {
    const text = `Sunny.${link} Windy.`;
    expect(places(await citationsIn(text, [cite(A, 6, 6 + link.length, "1")]))).toEqual([
      [`web:${A}`, 6, 6 + link.length],
    ]);
  });

  test.each([
    ["characters", (text: string): number => [...text].length],
    ["bytes", (text: string): number => new TextEncoder().encode(text).length],
  ])("is placed right where the server counts %s", async (_unit, count) => {
    const before = "Sunny \u{1f31e} é.";
    const text = `${before}${link} end`;
    const start = count(before);
    const [citation] = await citationsIn(text, [cite(A, start, start + link.length)]);
    expect(text.slice(citation?.span?.start, citation?.span?.end)).toBe(link);
  });

  test("whose stated place is not true stands at its link, by its number where there are several", async () => {
    const text = `x${link} y[[2]](${A})`;
    const citations = await citationsIn(text, [cite(A, 0, 3, "2")]);
    expect(citations.map(({ span }) => text.slice(span?.start, span?.end)).toSorted()).toEqual([link, `[[2]](${A})`]);
  });

  test("has no place when none is true for the text", async () => {
    expect(places(await citationsIn("Short.", [cite(A, 3, 40)]))).toEqual([[`web:${A}`, undefined, undefined]]);
    expect(places(await citationsIn("Sunny \u{1f31e} here.", [cite(A, 8, 12)]))).toEqual([
      [`web:${A}`, undefined, undefined],
    ]);
    expect(places(await citationsIn(`See ${A} there`, [cite(A, 0, 3)]))).toEqual([[`web:${A}`, undefined, undefined]]);
  });

  test("without links in the text stands where units, characters and bytes agree", async () => {
    expect(places(await citationsIn("Sunny today.", [cite(A, 0, 5)]))).toEqual([[`web:${A}`, 0, 5]]);
    expect(places(await citationsIn("Sunny \u{1f31e} here.", [cite(A, 0, 5)]))).toEqual([[`web:${A}`, 0, 5]]);
  });

  test.each([
    ["read in bytes is another", "S\u00fcnny \u{1f31e} here.", 0, 5],
    // The server may count units, and be wrong: that the others fit proves nothing.
    ["is in the middle of a character in units", "Sunny \u{1f31e} here.", 7, 12],
    ["is past the end in characters, and in the text in bytes", "\u00e9\u00e9\u00e9\u00e9 abc", 8, 10],
  ])("has no place where nothing tells the unit and what is stated %s", async (_what, text, start, end) => {
    expect(places(await citationsIn(text, [cite(A, start, end)]))).toEqual([[`web:${A}`, undefined, undefined]]);
  });

  const COUNTS: readonly (readonly [string, (text: string) => number])[] = [
    ["units", (text) => text.length],
    ["characters", (text) => [...text].length],
    ["bytes", (text) => new TextEncoder().encode(text).length],
  ];

  test.each(COUNTS)(
    "is placed in %s where the link of another annotation tells that they are counted",
    async (_unit, count) => {
      const first = `\u{1f31e}\u00e9 A claim${link}. `;
      const text = `${first}Another \u00fc one \u{1f31e}.`;
      const linkAt = count("\u{1f31e}\u00e9 A claim");
      const claim = [count(`${first}Another \u00fc `), count(`${first}Another \u00fc one \u{1f31e}`)] as const;
      const citations = await citationsIn(text, [cite(B, ...claim), cite(A, linkAt, linkAt + link.length, "1")]);
      const cut = citations.map(({ source, span }) => [source.url, text.slice(span?.start, span?.end)]);
      expect(cut).toEqual([
        [B, "one \u{1f31e}"],
        [A, link],
      ]);
      // In another message of the same answer as well.
      const turn = await turnFrom([
        message(first, [cite(A, linkAt, linkAt + link.length)], "m1"),
        message("\u{1f31e} Later.", [cite(B, count("\u{1f31e} "), count("\u{1f31e} Later"))], "m2"),
      ]);
      const later = turn.citations?.find(({ source }) => source.url === B)?.span;
      expect(turn.message.content.slice(later?.start, later?.end)).toBe("Later");
    },
  );

  test("never has a false place, whichever unit the server counts in", async () => {
    const words = fc.array(fc.constantFrom("a", "\u00e9", "\u20ac", "\u{1f31e}", " ", link), {
      minLength: 1,
      maxLength: 14,
    });
    await fc.assert(
      fc.asyncProperty(words, fc.nat(13), fc.nat(13), fc.constantFrom(...COUNTS), async (all, x, y, [, count]) => {
        const [from, to] = [Math.min(x, y), Math.max(x, y) + 1];
        const text = all.join("");
        const [before, cited] = [all.slice(0, from).join(""), all.slice(from, to).join("")];
        const links = all.flatMap((word, n) => (word === link ? [count(all.slice(0, n).join(""))] : []));
        const annotations = links.map((start) => cite(A, start, start + link.length, "1"));
        const citations = await citationsIn(text, [cite(B, count(before), count(before + cited)), ...annotations]);
        for (const { source, span } of citations) {
          if (span === undefined) continue;
          if (source.url === A) expect(text.slice(span.start, span.end)).toBe(link);
          else expect(span).toEqual({ start: before.length, end: before.length + cited.length });
        }
      }),
      { numRuns: 300 },
    );
  });

  test("is found in the text where nothing annotates it, brackets in the address included", async () => {
    const wiki = "https://en.wikipedia.org/wiki/XAI_(company)";
    const text = `A company[[1]](${wiki}).`;
    expect(places(await citationsIn(text, []))).toEqual([[`web:${wiki}`, 9, text.length - 1]]);
  });

  test("is made once for each source and place, however many events carry it", async () => {
    const text = `a${link} b${link}`;
    const twice = [cite(A, 1, 1 + link.length), cite(A, 1, 1 + link.length), cite(A)];
    const seen = await shown([
      [
        added(0, message("")),
        {
          type: "response.output_text.annotation.added",
          output_index: 0,
          content_index: 0,
          annotation_index: 0,
          annotation: twice[0],
        },
      ],
      [completed([message(text, twice)])],
    ]);
    expect(places(turnOf(seen).citations ?? [])).toEqual([
      [`web:${A}`, 1, 1 + link.length],
      [`web:${A}`, text.length - link.length, text.length],
    ]);
  });

  test("counts from the beginning of all the text, also in a later message", async () => {
    const turn = await turnFrom([message("First."), message(`Then${link}`, [cite(A, 4, 4 + link.length)], "msg_2")]);
    const [span] = (turn.citations ?? []).map((citation) => citation.span);
    expect(turn.message.content.slice(span?.start, span?.end)).toBe(link);
  });

  test("with a place has always text there that may be cut out, whatever the server states", async () => {
    const text = `\u{1f600}ab[[1]](${A}) é\u{1f600}`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -3, max: 60 }), fc.integer({ min: -3, max: 60 }), async (start, end) => {
        for (const { span } of await citationsIn(text, [cite(A, start, end), cite(B, start, end)])) {
          if (span === undefined) continue;
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeLessThanOrEqual(text.length);
          expect(text.slice(span.start, span.end).isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("what found a source", () => {
  const search = (id: string, sources?: readonly string[]): object =>
    webCall(id, {
      type: "search",
      query: "q",
      ...(sources && { sources: sources.map((url) => ({ type: "url", url })) }),
    });
  const found = async (url: string, before: readonly object[]): Promise<unknown> =>
    (await citationsIn("text", [cite(url)], before))[0]?.foundBy;

  test("is reported by every call that lists it or opened it", async () => {
    const opened = webCall("o", { type: "open_page", url: A });
    expect(await found(`${A}?utm_source=openai`, [search("s", [A, B]), opened, search("t", [B])])).toEqual([
      { callId: "s", basis: "reported" },
      { callId: "o", basis: "reported" },
    ]);
  });

  test("is inferred when one search could have found it, and not when there are more", async () => {
    expect(await found(A, [search("s"), xCall("x", "x_keyword_search", "{}")])).toEqual([
      { callId: "s", basis: "inferred" },
    ]);
    expect(await found(A, [search("s"), search("t")])).toEqual([]);
    expect(await found("https://x.com/jack/status/20", [search("s"), xCall("x", "x_keyword_search", "{}")])).toEqual([
      { callId: "x", basis: "inferred" },
    ]);
  });

  test("is not concluded where the search lists other sources, failed, or an earlier answer searched as well", async () => {
    expect(await found(A, [search("s", [B])])).toEqual([]);
    expect(await found(A, [webCall("s", { type: "search", query: "q" }, "failed")])).toEqual([]);
    const raw = { api: "responses" as const, provider: "127.0.0.1", family: "grok-4", items: [search("earlier")] };
    const messages = [
      { role: "user" as const, content: "Hi" },
      { role: "assistant" as const, content: "Yes", raw },
    ];
    const turn = await turnFrom([search("s"), message("text", [cite(A)])], {}, { messages });
    expect(turn.citations?.[0]?.foundBy).toEqual([]);
  });
});
