import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Source } from "../../src/message/index.ts";
import { brokenRule, codeExecution, type ServerTool, webSearch, xSearch } from "../../src/tool/index.ts";

const web = (url: string): Source => ({ id: `web:${url}`, type: "web", url });
const post = (path: string): Source => ({ id: "x_post:?", type: "x_post", url: `https://x.com/${path}` });
const ruleOf = (source: Source, ...tools: ServerTool[]): string | undefined => brokenRule(source, tools)?.rule;

describe("domains", () => {
  const allowed = webSearch({ allowedDomains: ["example.com", "bbc.co.uk"] });
  const excluded = webSearch({ excludedDomains: ["example.com"] });

  test.each(["https://example.com/a", "https://news.example.com/", "https://WWW.BBC.CO.UK/x", "https://example.com./"])(
    "%s is allowed",
    (url) => {
      expect(ruleOf(web(url), allowed)).toBeUndefined();
    },
  );

  test.each(["https://notexample.com/", "https://example.com.evil.net/", "https://evil.net/?u=example.com"])(
    "%s is not, though it looks like it",
    (url) => {
      expect(ruleOf(web(url), allowed)).toBe("web_search.allowedDomains");
      expect(ruleOf(web(url), excluded)).toBeUndefined();
    },
  );

  test("an excluded domain takes its subdomains with it", () => {
    expect(ruleOf(web("https://a.example.com/"), excluded)).toBe("web_search.excludedDomains");
  });

  test("a source without an address breaks nothing that can be shown", () => {
    expect(ruleOf({ id: "web:?", type: "web" }, allowed)).toBeUndefined();
    expect(ruleOf({ id: "file:1", type: "file" }, allowed)).toBeUndefined();
  });

  test("the rules of X are not for the web, nor the other way round", () => {
    expect(ruleOf(web("https://x.com/a"), xSearch({ allowedHandles: ["b"] }))).toBeUndefined();
    expect(ruleOf(post("a/status/1"), allowed, xSearch())).toBeUndefined();
  });

  test("hold for addresses on X too where only the web is searched", () => {
    expect(ruleOf(post("a/status/1"), allowed, codeExecution())).toBe("web_search.allowedDomains");
    expect(ruleOf(post("a/status/1"), webSearch({ excludedDomains: ["x.com"] }))).toBe("web_search.excludedDomains");
  });
});

describe("handles", () => {
  const allowed = xSearch({ allowedHandles: ["@xAI"] });
  const excluded = xSearch({ excludedHandles: ["xai"] });

  test("are told from the address, whatever their case", () => {
    expect(ruleOf(post("xai/status/1"), allowed)).toBeUndefined();
    expect(ruleOf(post("other/status/1"), allowed)).toBe("x_search.allowedHandles");
    expect(ruleOf(post("XAI/status/1"), excluded)).toBe("x_search.excludedHandles");
    expect(ruleOf({ id: "x_user:XAI", type: "x_user" }, excluded)).toBe("x_search.excludedHandles");
  });

  test.each(["i/status/1", "", "search?q=xai"])("https://x.com/%s names nobody", (path) => {
    expect(ruleOf(post(path), allowed)).toBeUndefined();
  });

  test("an address that is not on X names nobody", () => {
    expect(
      ruleOf({ id: "x_post:1", type: "x_post", url: "https://proxy.example/other/status/1" }, allowed),
    ).toBeUndefined();
  });
});

describe("dates", () => {
  const november = xSearch({ from: "2026-11-01", to: "2026-12-01" });
  const postAt = (at: number): Source => {
    const id = (BigInt(at - 1_288_834_974_657) << 22n) | 5n;
    return { id: `x_post:${id}`, type: "x_post" };
  };

  test("the first post of a known moment is told its moment", () => {
    const known: Source = { id: "x_post:1212092628029698048", type: "x_post" }; // posted 2019-12-31T19:26:16Z, as X's own API docs have it
    expect(brokenRule(known, [xSearch({ from: "2020-01-01" })])?.message).toContain("2019-12-31T19:26:16");
  });

  test("a post is inside from its first day until the last begins", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2011-01-01"), max: new Date("2040-01-01"), noInvalidDate: true }),
        (date) => {
          const day = date.toISOString();
          const expected = day < "2026-11-01" ? "x_search.from" : day >= "2026-12-01" ? "x_search.to" : undefined;
          expect(ruleOf(postAt(date.getTime()), november)).toBe(expected);
        },
      ),
    );
  });

  test("an id from before X put moments into ids, and one that is none, break nothing that can be shown", () => {
    expect(ruleOf({ id: "x_post:20", type: "x_post" }, november)).toBeUndefined();
    expect(ruleOf({ id: "x_post:abc", type: "x_post" }, november)).toBeUndefined();
  });
});
