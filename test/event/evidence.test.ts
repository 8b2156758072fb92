import { type Evidence, foldEvidence, formatEvidence, type StoredEvent } from "fairwitness";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { claimAt, markersIn } from "../../src/event/claim.ts";
import type { Citation, Source } from "../../src/message/index.ts";
import { type Attempt, answer, page, post, sampleRecord, spanOf, titledPage, unfound, unused } from "./evidence-run.ts";

let record: readonly StoredEvent[];
let evidence: Evidence;
beforeAll(async () => {
  record = await sampleRecord();
  evidence = foldEvidence(record);
});

const sourceOf = ({ id }: Source): Evidence["sources"][number] | undefined =>
  evidence.sources.find(({ source }) => source.id === id);
const callOf = (id: string): Evidence["calls"][number] | undefined =>
  evidence.calls.find(({ callId }) => callId === id);

/** The record of one turn that answers with a text and cites. */
function textRecord(text: string, citations: readonly Citation[], rest: object = {}): Promise<readonly StoredEvent[]> {
  const attempt: Attempt = [
    {
      type: "turn",
      turn: {
        message: { role: "assistant", content: text },
        finishReason: "stop",
        cost: { basis: "unknown" },
        citations,
        ...rest,
      },
    },
  ];
  return sampleRecord([attempt]);
}

describe("the evidence of a run", () => {
  test("is JSON, and the same from a record that was written and read", () => {
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    expect(foldEvidence(JSON.parse(JSON.stringify(record)))).toEqual(evidence);
  });

  test("says whose run it was, what was asked and how it ended", () => {
    expect(evidence).toMatchObject({
      runId: "run_1",
      agent: "checker",
      model: "grok-test",
      status: "completed",
      simulated: true,
      question: "Is it hot in Lisbon, and is that true?",
      texts: [{ turn: 2, text: answer }],
      failedAttempts: 1,
    });
  });

  test("tells the words of each call from what narrows them", () => {
    expect(callOf("ctc_1")).toMatchObject({
      kind: "x_search",
      action: "x_keyword_search",
      query: "heat in Lisbon",
      filters: { limit: 10 },
      turn: 1,
    });
    expect(callOf("ws_3")).toMatchObject({ action: "open_page", query: "https://example.com/gone", filters: {} });
    expect(callOf("ci_1")).toMatchObject({
      query: "a = 41\nif a:\n    print(a)",
      output: [{ type: "logs", logs: "41\n" }],
    });
    expect(callOf("call_1")).toMatchObject({ executor: "client", filters: { city: "Lisbon" }, timing: "measured" });
  });

  test("tells what was found from what was not disclosed and from nothing", () => {
    expect(callOf("ws_1")?.found).toEqual([page.id, unused.id]);
    expect(callOf("ws_2")?.found).toEqual([]);
    expect(callOf("ctc_1")).not.toHaveProperty("found");
    expect(callOf("ws_3")).toMatchObject({ outcome: "error", error: { message: "404" } });
  });

  test("invents no time", () => {
    expect(callOf("ctc_1")).toMatchObject({ durationMs: 1_234, timing: "observed" });
    expect(callOf("ws_1")).not.toHaveProperty("durationMs");
    expect(callOf("ws_1")?.timing).toBe("unknown");
  });

  test("numbers the cited sources by their first place, and keeps the others behind them without a number", () => {
    expect(evidence.sources.map(({ source, number }) => [source.id, number])).toEqual([
      [post.id, 1],
      [page.id, 2],
      [unfound.id, 3],
      [unused.id, undefined],
    ]);
  });

  test("says where a source is cited, and for what", () => {
    const text = "[[2]](https://example.com/heat?a=b)";
    expect(sourceOf(page)?.citedAt).toEqual([{ turn: 2, span: spanOf(text), claim: "The record is 44 degrees." }]);
    expect(sourceOf(unfound)?.citedAt).toEqual([{ turn: 2 }]);
    expect(sourceOf(unused)?.citedAt).toEqual([]);
    expect(sourceOf(page)?.source.title).toBe(titledPage.title);
  });

  test("says which calls found a source, and whether xAI said so", () => {
    expect(sourceOf(page)?.foundBy).toEqual([{ callId: "ws_1", basis: "reported" }]);
    expect(sourceOf(post)?.foundBy).toEqual([{ callId: "ctc_1", basis: "inferred" }]);
    expect(callOf("ws_1")?.cited).toEqual([page.id]);
    expect(callOf("ctc_1")?.cited).toEqual([post.id]);
  });

  test("infers the one search that could have found a source, also one of an earlier turn, and no more than one", async () => {
    const search = (id: string): object => ({
      call: { id, tool: "x_search", executor: "server", kind: "x_search", input: { query: id } },
      outcome: "ok",
      visibility: "not_disclosed",
    });
    const withSearches = async (...ids: string[]): Promise<Evidence["sources"]> => {
      const rest = { serverCalls: ids.map(search) };
      return foldEvidence(await textRecord("Hot.", [{ source: post, foundBy: [] }], rest)).sources;
    };
    expect((await withSearches("a"))[0]).toMatchObject({
      foundBy: [{ callId: "a", basis: "inferred" }],
      seen: "undisclosed",
    });
    expect((await withSearches("a", "b"))[0]).toMatchObject({ foundBy: [], seen: "undisclosed" });
  });

  test("tells a source that no result holds from one whose result is not disclosed", async () => {
    expect(sourceOf(page)?.seen).toBe("reported");
    expect(sourceOf(unfound)?.seen).toBe("undisclosed");
    const told = foldEvidence(await textRecord("a", [{ source: unfound, foundBy: [] }]));
    expect(told.sources[0]?.seen).toBe("never");
  });

  test("counts the money of failed attempts as unreported, and keeps each turn's own", () => {
    expect(evidence.turns).toMatchObject([
      { turn: 1, usage: { billedServerTools: { x_posts_fetched: 3 } } },
      { turn: 2 },
    ]);
    expect(evidence.cost).toMatchObject({ ticks: 130_000_000, unreported: 1 });
    expect(evidence.usage).toMatchObject({ requests: 3, unreported: 1 });
  });

  test("holds what was cited against the agent's own options", () => {
    expect(evidence.violations).toMatchObject([{ rule: "x_search.allowedHandles", source: { id: post.id }, turn: 2 }]);
  });

  test("holds nothing of an attempt that failed", () => {
    expect(evidence.calls.filter(({ outcome }) => outcome === undefined)).toEqual([]);
    expect(evidence.calls).toHaveLength(6);
  });

  test("can be had of every beginning of a record: it never throws, never takes a source back, and is open until the end", () => {
    for (let length = 0; length <= record.length; length += 1) {
      const part = foldEvidence(record.slice(0, length));
      expect(part.status).toBe(length === record.length ? "completed" : "open");
      expect(evidence.calls.map(({ callId }) => callId).slice(0, part.calls.length)).toEqual(
        part.calls.map(({ callId }) => callId),
      );
      expect(formatEvidence(part)).toContain("# Evidence for");
    }
  });
});

describe("the claim at a citation", () => {
  test.each([
    ["One. Two [[1]](https://a.b/c). Three.", "[[1]](https://a.b/c)", "Two."],
    ["One. Two.[[1]](https://a.b/c?d!) Three.", "[[1]](https://a.b/c?d!)", "Two."],
    ["One. Two. [[1]](https://a.b) [[2]](https://c.d)\nThree.", "[[2]](https://c.d)", "Two."],
    ["One.\n[[1]](https://a.b)\nThree.", "[[1]](https://a.b)", "One."],
    ["One is true. Two is not.", "One is", "One is true."],
    ["One is true. Two is not.", "true. Two", "One is true. Two is not."],
    ["See https://a.b/c?d=e for one. Two.", "https://a.b/c?d=e", "See https://a.b/c?d=e for one."],
    [
      "Wiki [[1]](https://en.wikipedia.org/wiki/X_(a)) says so. Two.",
      "[[1]](https://en.wikipedia.org/wiki/X_(a))",
      "Wiki says so.",
    ],
    ["[[1]](https://a.b)", "[[1]](https://a.b)", undefined],
    ["😀 hot! Cold.", "hot", "😀 hot!"],
  ])("%j", (text, part, claim) => {
    expect(claimAt(text, spanOf(part, text))).toBe(claim);
  });

  test("is a part of the text without its markers, wherever the citation stands", () => {
    const piece = fc.constantFrom(
      "Hot. ",
      "It is 4.5 degrees ",
      "why? ",
      "[[1]](https://a.b/c)",
      "\n\n",
      "- ",
      "😀",
      "https://a.b/c. ",
      "[[",
      ")",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(), fc.nat(), (pieces, a, b) => {
        const text = pieces.join("");
        const [start, end] = [a, b].map((n) => n % (text.length + 1)).toSorted((x, y) => x - y);
        const claim = claimAt(text, { start: start ?? 0, end: end ?? 0 });
        if (claim === undefined) return;
        expect(claim).not.toMatch(/\[\[1\]\]\(https:/);
        let bare = text;
        for (const { start: from, end: to } of markersIn(text).toReversed())
          bare = bare.slice(0, from) + bare.slice(to);
        const plain = (words: string): string => words.replace(/\s/g, "");
        expect(plain(bare)).toContain(plain(claim));
      }),
    );
  });
});

describe("the evidence report", () => {
  let report: string;
  beforeAll(() => {
    report = formatEvidence(evidence);
  });

  test("has a footnote where each citation stands, in the place of xAI's own marker", () => {
    expect(report).toContain("> It is hot in Lisbon today.[^1] The record is 44 degrees [^2]. Nobody knows why.");
    expect(report).toContain("Cited without a place in the text: [^3]");
  });

  test("defines every footnote once, and uses no other", () => {
    const defined = [...report.matchAll(/^\[\^(\d+)\]:/gm)].map(([, number]) => number);
    expect(defined).toEqual(["1", "2", "3"]);
    for (const [, number] of report.matchAll(/\[\^(\d+)\](?!:)/g)) expect(defined).toContain(number);
  });

  test("tells claim, source, finding call, query and cost", () => {
    expect(report).toContain(
      "“It is hot in Lisbon today.”[^1]\n  - Source (X post): <https://x.com/sim_ana/status/1990000000000000001>\n  - Found by: turn 1 `x_search/x_keyword_search` `heat in Lisbon` (inferred)",
    );
    expect(report).toContain("`limit: 10` · ok in 1234 ms (observed) · sources not disclosed, cited [^1]");
    expect(report).toContain('`Lisbon snow` · `allowed: ["a"]` · ok · found nothing');
    expect(report).toContain("## Found, but not cited\n\n- Source (web): <https://example.com/unused>");
    expect(report).toContain("`x_posts_fetched` 3");
    expect(report).toContain("Simulated: a simulator answered, not a model.");
  });

  test("keeps the lines of code", () => {
    expect(report).toContain("`a = 41 …` · ok\n  ```\n  a = 41\n  if a:\n      print(a)\n  ```\n  - Came back: `[{");
  });

  test("puts footnotes behind spans where the text has no markers", async () => {
    const text = "Hot today. The record is 44.";
    const citations = [
      { source: page, span: spanOf("44", text), foundBy: [] },
      { source: post, span: spanOf("Hot today", text), foundBy: [] },
      { source: unused, span: spanOf("Hot today", text), foundBy: [] },
    ];
    expect(formatEvidence(foldEvidence(await textRecord(text, citations)))).toContain(
      "> Hot today[^1][^2]. The record is 44[^3].",
    );
  });

  test("shows what a model writes and obeys none of it", async () => {
    const text =
      "A <img src=x onerror=alert(1)> ![p](https://evil.example/p.png) [l](javascript:x)[^1]\n\n[^1]: forged\n\x1b[31mred\u202e \\[a](b)\n~~~\ncode[0] <b>\n";
    const { sources: _sources, ...rest } = foldEvidence(await textRecord(text, []));
    const told = formatEvidence({ ...rest, sources: [] });
    expect(told).toContain(
      "> A \\<img src=x onerror=alert(1)> !\\[p\\](https://evil.example/p.png) \\[l\\](javascript:x)\\[^1\\]",
    );
    expect(told).toContain("> \\[^1\\]: forged");
    expect(told).toContain("> \\x1b\\[31mred\\u{202e} \\\\\\[a\\](b)");
    expect(told).toContain("> ~~~\n> code[0] <b>");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(told).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  });

  test("shows hostile titles, queries and addresses as text", async () => {
    const source: Source = { id: "web:x", type: "web", url: "javascript:alert(1)", title: "a](b) <script>`\n# h" };
    const call = {
      id: "ws_9",
      tool: "web_search",
      executor: "server",
      kind: "web_search",
      input: { query: "``x`` <b>\n`" },
    } as const;
    const rest = { serverCalls: [{ call, outcome: "ok", visibility: "not_disclosed" }] };
    const told = formatEvidence(
      foldEvidence(await textRecord("Hot.", [{ source, span: { start: 0, end: 4 }, foundBy: [] }], rest)),
    );
    expect(told).toContain("Source (web): a\\]\\(b\\) \\<script\\>\\` \\# h `javascript:alert(1)`");
    expect(told).toContain("```` ``x`` <b> … ````".replaceAll("````", "```"));
  });

  test("places every footnote at its span, whatever the text is", async () => {
    const word = fc.constantFrom("hot ", "Lisbon. ", "[[1]](https://a.b/c) ", "\n", "```\n", "[x] ", "\\", "😀", "<b>");
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { minLength: 1, maxLength: 10 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }),
        async (words, ends) => {
          const text = `${words.join("")}end`;
          const citations = ends.map(([a, b], index): Citation => {
            const [start = 0, end = 0] = [a, b].map((n) => n % (text.length + 1)).toSorted((x, y) => x - y);
            return { source: { ...page, id: `web:${index}` }, span: { start, end }, foundBy: [] };
          });
          const told = formatEvidence(foldEvidence(await textRecord(text, citations)));
          const quoted = told.slice(told.indexOf("## Answer"), told.indexOf("## ", told.indexOf("## Answer") + 1));
          for (let number = 1; number <= citations.length; number += 1) expect(quoted).toContain(`[^${number}]`);
          const markers = /\[\[1\]\]\(https:\/\/a\.b\/c\)/g;
          const bare = (words: string): string => words.replace(markers, "").replace(/[\s>\\]/g, "");
          const shown = quoted
            .slice("## Answer".length)
            .replace(/\[\^\d+\]/g, "")
            .replaceAll("\\", "")
            .replace(/^> ?/gm, "");
          expect(bare(shown)).toBe(bare(text));
        },
      ),
      { numRuns: 60 },
    );
  });
});
