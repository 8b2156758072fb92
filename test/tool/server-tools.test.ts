import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  codeExecution,
  collectionsSearch,
  createToolbox,
  imageGeneration,
  isServerTool,
  remoteMcp,
  type ServerTool,
  webSearch,
  xSearch,
} from "../../src/tool/index.ts";
import { errorOf } from "./support.ts";

/** What a JavaScript user, whom no type stops, gets to read. */
function refusal(make: (options: never) => unknown, options: unknown): string {
  const error = errorOf(() => make(options as never));
  expect(error.code).toBe("invalid_tool");
  return error.message;
}

const mcp = { url: "https://mcp.example.com/sse", label: "orders" };

const all: readonly ServerTool[] = [
  webSearch({ allowedDomains: ["example.com"], userLocation: { city: "Lisbon" } }),
  xSearch({ allowedHandles: ["xai"], from: "2026-11-01" }),
  codeExecution(),
  collectionsSearch({ collectionIds: ["collection_1"], maxResults: 3 }),
  remoteMcp(mcp),
  imageGeneration({ action: "edit" }),
];

test("every server tool is plain, frozen data that an agent takes", () => {
  expect(createToolbox(all).serverTools).toEqual(all);
  for (const tool of all) {
    expect(isServerTool(tool)).toBe(true);
    expect(Object.isFrozen(tool)).toBe(true);
    if ("options" in tool) expect(isDeepFrozen(tool.options)).toBe(true);
  }
});

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

test("without options each has a kind and a name, and nothing that was not set", () => {
  expect(webSearch()).toEqual({ executor: "server", kind: "web_search", name: "web_search", options: {} });
  expect(xSearch({ from: undefined } as object).options).toStrictEqual({});
  expect(codeExecution()).toEqual({ executor: "server", kind: "code_execution", name: "code_execution" });
  expect(imageGeneration().options).toStrictEqual({});
});

test("two of one kind are refused by the agent's toolbox, two MCP servers are not", () => {
  expect(errorOf(() => createToolbox([webSearch(), webSearch()])).code).toBe("duplicate_tool");
  expect(createToolbox([remoteMcp(mcp), remoteMcp({ ...mcp, label: "mail" })]).serverTools).toHaveLength(2);
});

test("the options that were handed in can be changed afterwards without changing the tool", () => {
  const allowedDomains = ["example.com"];
  const tool = webSearch({ allowedDomains });
  allowedDomains.push("evil.example");
  expect(tool.options.allowedDomains).toEqual(["example.com"]);
});

describe("domains", () => {
  test.each([
    ["https://example.com/news?a=b#c", "example.com"],
    ["http://Example.com", "example.com"],
    ["www.example.com", "example.com"],
    ["https://www.example.co.uk/", "example.co.uk"],
    ["example.com/path", "example.com"],
    ["example.com:8080", "example.com"],
    ["*.example.com", "example.com"],
    [".example.com", "example.com"],
    ["example.com.", "example.com"],
    ["https://user:pass@example.com/", "example.com"],
    [" example.com ", "example.com"],
  ])("%s is refused with the bare domain to write", (pasted, domain) => {
    expect(refusal(webSearch, { allowedDomains: [pasted] })).toMatch(
      new RegExp(`^webSearch has allowedDomains\\[0\\] .*\\. xAI takes bare domains: write "${domain}"\\.$`),
    );
  });

  test.each(["", "example", "localhost", "exa mple.com", "192.168.1.1", "https://", "-.com", "a..com", "💥"])(
    "%j is no domain",
    (text) => {
      expect(refusal(webSearch, { excludedDomains: ["ok.com", text] })).toContain("has excludedDomains[1]");
    },
  );

  test("letters beyond ASCII are written as DNS has them, case is dropped, and repeats count once", () => {
    const { options } = webSearch({ allowedDomains: ["münchen.de", "Example.com", "example.com", "sub.example.org"] });
    expect(options.allowedDomains).toEqual(["xn--mnchen-3ya.de", "example.com", "sub.example.org"]);
  });

  test("both kinds, more than five, and an empty list are refused", () => {
    const six = [1, 2, 3, 4, 5, 6].map((n) => `a${n}.com`);
    expect(refusal(webSearch, { allowedDomains: ["a.com"], excludedDomains: ["b.com"] })).toBe(
      "webSearch has both allowedDomains and excludedDomains, and xAI takes one of them. Leave one out.",
    );
    expect(refusal(webSearch, { allowedDomains: six })).toContain(
      "has 6 entries in allowedDomains, and xAI takes at most 5",
    );
    expect(webSearch({ allowedDomains: six.slice(1) }).options.allowedDomains).toHaveLength(5);
    expect(refusal(webSearch, { allowedDomains: [] })).toContain("empty allowedDomains. Leave it out");
    expect(refusal(webSearch, { allowedDomains: "a.com" })).toContain('It takes a list: allowedDomains: ["a.com"]');
  });

  test("any text is taken as it is, or refused by name; the domain it is told to write is taken", () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.webUrl(),
      fc.domain(),
      fc.array(label).map((parts) => parts.join(".")),
    );
    fc.assert(
      fc.property(text, (domain) => {
        let advised: string | undefined;
        try {
          const [taken] = webSearch({ allowedDomains: [domain] }).options.allowedDomains ?? [];
          expect(taken).toMatch(/^[a-z0-9.-]+\.[a-z0-9-]+$/);
          expect(webSearch({ allowedDomains: [taken ?? ""] }).options.allowedDomains).toEqual([taken]);
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_tool", message: expect.stringContaining("allowedDomains[0]") });
          advised = /write "([^"]+)"\.$/.exec((error as Error).message)?.[1];
        }
        if (advised !== undefined)
          expect(webSearch({ allowedDomains: [advised] }).options.allowedDomains).toEqual([advised]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("handles", () => {
  test("the @ is dropped, the case is kept, and repeats count once", () => {
    expect(xSearch({ allowedHandles: ["@xAI", "XAI", "_elon_"] }).options.allowedHandles).toEqual(["xAI", "_elon_"]);
  });

  test.each([
    ["https://x.com/xai", 'Write "xai"'],
    ["twitter.com/@xai/status/1", 'Write "xai"'],
    ["x.ai", "A handle is 1 to 15 letters"],
    ["a234567890123456", "A handle is 1 to 15 letters"],
    ["", "A handle is 1 to 15 letters"],
    ["@@xai", "A handle is 1 to 15 letters"],
  ])("%s is refused with what to write", (text, fix) => {
    expect(refusal(xSearch, { excludedHandles: [text] })).toContain(fix);
  });

  test("up to ten are sure, up to twenty come with advice, more are refused", () => {
    const handles = (count: number): string[] => Array.from({ length: count }, (_, n) => `sim_${n}`);
    expect(xSearch({ allowedHandles: handles(10) }).advice).toBeUndefined();
    expect(xSearch({ excludedHandles: handles(11) }).advice).toEqual([
      "xSearch has 11 entries in excludedHandles: xAI's docs allow 20, older servers refuse more than 10 with 400.",
    ]);
    expect(xSearch({ allowedHandles: handles(20) }).options.allowedHandles).toHaveLength(20);
    expect(refusal(xSearch, { allowedHandles: handles(21) })).toContain("at most 20");
    expect(refusal(xSearch, { allowedHandles: ["a"], excludedHandles: ["b"] })).toContain("has both");
  });
});

describe("dates", () => {
  test("a Date is its day in UTC, a text is a day as it is", () => {
    const { options } = xSearch({ from: new Date("2026-10-31T23:59:59Z"), to: "2026-11-02" });
    expect(options).toMatchObject({ from: "2026-10-31", to: "2026-11-02" });
  });

  test.each([
    ["2026-02-30", 'from that is "2026-02-30", a day that does not exist'],
    ["2026-13-01", "a day that does not exist"],
    ["2026-1-5", 'write "2026-01-05"'],
    ["2026-11-20T10:00:00Z", 'write "2026-11-20"'],
    ["20.11.2026", "not a day"],
    ["yesterday", "not a day"],
    ["", "not a day"],
    [new Date("nonsense"), "an invalid Date"],
    [new Date(8.64e15), "a year xAI does not take"],
    [1_700_000_000_000, "is a number, not a day"],
    [null, "is null, not a day"],
  ])("%s is refused", (from, why) => {
    const message = refusal(xSearch, { from });
    expect(message).toContain(why);
    expect(message).toContain("It takes a Date or a day as YYYY-MM-DD");
  });

  test("from after to is refused, and so is one day, since to is exclusive", () => {
    expect(refusal(xSearch, { from: "2026-11-02", to: "2026-11-01" })).toContain(
      "has from 2026-11-02 after to 2026-11-01",
    );
    expect(refusal(xSearch, { from: "2026-12-31", to: "2026-12-31" })).toContain('write to: "2027-01-01"');
  });

  test("every day there is is taken, as a text and as a Date", () => {
    const day = fc.date({ min: new Date("1000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const text = date.toISOString().slice(0, 10);
        expect(xSearch({ from: date }).options.from).toBe(text);
        expect(xSearch({ to: text }).options.to).toBe(text);
      }),
    );
  });
});

describe("habits from the wire and from other libraries are named with what they are here", () => {
  test.each([
    [webSearch, "allowed_domains", "allowedDomains"],
    [webSearch, "blockedDomains", "excludedDomains"],
    [webSearch, "enable_image_understanding", "imageUnderstanding"],
    [webSearch, "user_location", "userLocation"],
    [webSearch, "external_web_access", "externalWebAccess"],
    [xSearch, "allowed_x_handles", "allowedHandles"],
    [xSearch, "excluded_x_handles", "excludedHandles"],
    [xSearch, "includedXHandles", "allowedHandles"],
    [xSearch, "from_date", "from"],
    [xSearch, "toDate", "to"],
    [xSearch, "enableVideoUnderstanding", "videoUnderstanding"],
    [collectionsSearch, "vector_store_ids", "collectionIds"],
    [collectionsSearch, "max_num_results", "maxResults"],
    [remoteMcp, "server_url", "url"],
    [remoteMcp, "serverLabel", "label"],
    [remoteMcp, "allowed_tool_names", "allowedTools"],
    [remoteMcp, "extra_headers", "headers"],
    [remoteMcp, "defer_loading", "deferLoading"],
    [imageGeneration, "mode", "action"],
  ])("a habit (%#)", (make, habit, option) => {
    expect(refusal(make, { [habit]: "x" })).toBe(
      `${make.name} has "${habit}", which is called "${option}" here. Rename it.`,
    );
  });

  test.each([
    [
      webSearch,
      { filters: {} },
      'webSearch has no option "filters". Write what it holds as allowedDomains or excludedDomains.',
    ],
    [webSearch, { fromDate: "x" }, "Only xSearch takes dates"],
    [xSearch, { allowedDomains: [] }, "Only webSearch takes domains"],
    [codeExecution, { container: "auto" }, "xAI refuses it and chooses the sandbox"],
    [codeExecution, { timeout: 1 }, 'codeExecution has no option "timeout". It takes none.'],
    [collectionsSearch, { filters: {} }, "xAI refuses it"],
    [remoteMcp, { ...mcp, require_approval: "never" }, "Name what may be called in allowedTools"],
    [remoteMcp, { ...mcp, command: "npx" }, "one that runs here is no remote server"],
    [webSearch, { imageUnderstandin: true }, 'Did you mean "imageUnderstanding"?'],
    [webSearch, { zzz: 1 }, "Options: allowedDomains, excludedDomains"],
    [webSearch, { toString: 1 }, 'has no option "toString"'],
    [webSearch, "example.com", "takes one object with allowedDomains"],
    [xSearch, ["xai"], "not a list"],
    [xSearch, null, "not null"],
  ])("what to do instead is said (%#)", (make, options, message) => {
    expect(refusal(make, options)).toContain(message);
  });
});

describe("values of the wrong kind", () => {
  test.each([
    [webSearch, { externalWebAccess: 1 }, "webSearch has externalWebAccess 1. It takes true or false."],
    [remoteMcp, { ...mcp, deferLoading: "x" }, 'remoteMcp has deferLoading "x". It takes true or false.'],
    [webSearch, { imageSearch: "yes" }, 'webSearch has imageSearch "yes". It takes true or false.'],
    [webSearch, { searchContextSize: "big" }, 'It takes "low", "medium", "high".'],
    [
      webSearch,
      { userLocation: { country: "Portugal" } },
      'webSearch: userLocation has country "Portugal". It takes two letters',
    ],
    [webSearch, { userLocation: { timezone: "Lisbon" } }, "It takes an IANA name"],
    [webSearch, { userLocation: { type: "approximate" } }, "it is always approximate"],
    [webSearch, { userLocation: "Lisbon" }, "webSearch: userLocation takes one object"],
    [webSearch, { allowedDomains: [7] }, "has allowedDomains[0] 7. It takes a text"],
    [xSearch, { videoUnderstanding: 1 }, "has videoUnderstanding 1"],
    [imageGeneration, { action: "draw" }, 'It takes "auto", "generate", "edit".'],
    [collectionsSearch, {}, "collectionsSearch has no collectionIds."],
    [collectionsSearch, undefined, "collectionsSearch has no collectionIds."],
    [collectionsSearch, { collectionIds: [] }, "empty collectionIds"],
    [collectionsSearch, { collectionIds: ["a b"] }, "An id is a text without spaces"],
    [collectionsSearch, { collectionIds: Array.from({ length: 11 }, (_, n) => `c${n}`) }, "at most 10"],
    [collectionsSearch, { collectionIds: ["c"], maxResults: 0 }, "It takes a whole number from 1"],
    [collectionsSearch, { collectionIds: ["c"], maxResults: 1.5 }, "It takes a whole number from 1"],
  ])("what to do instead is said (%#)", (make, options, message) => {
    expect(refusal(make, options)).toContain(message);
  });
});

describe("remote MCP", () => {
  const key = "sk-very-secret";
  const secret = remoteMcp({ ...mcp, authorization: `Bearer ${key}`, headers: { "x-key": key } });

  test("keys come out of secrets() and of nothing else", () => {
    expect(secret.secrets()).toEqual({ authorization: `Bearer ${key}`, headers: { "x-key": key } });
    expect(JSON.stringify(secret)).not.toContain(key);
    expect(inspect(secret, { depth: 20, showHidden: true })).not.toContain(key);
    expect(String(secret.secrets)).not.toContain(key);
    expect(remoteMcp(mcp).secrets()).toStrictEqual({});
  });

  test("its calls are named by its label", () => {
    expect(secret).toMatchObject({ kind: "mcp", name: "orders", options: { label: "orders", url: mcp.url } });
  });

  test.each([
    [{ label: "a" }, "has no url"],
    [{ url: mcp.url }, "has no label"],
    [{ ...mcp, url: "mcp.example.com" }, "no address. Write one that begins with https://"],
    [{ ...mcp, url: "http://mcp.example.com/" }, "keys and results would travel in the clear"],
    [{ ...mcp, url: "https://me:pass@mcp.example.com/" }, "has a user or password in its url"],
    [{ ...mcp, label: "my server" }, 'has label "my server". It takes 1 to 64 letters'],
    [{ ...mcp, label: "web_search" }, "for example to my_web_search"],
    [{ ...mcp, allowedTools: [] }, "empty allowedTools"],
    [{ ...mcp, headers: { "bad header": "x" } }, 'has a header "bad header", which is no name for one'],
    [{ ...mcp, headers: [] }, "has headers that are no object"],
    [
      { ...mcp, authorization: "a", headers: { Authorization: "b" } },
      "has both authorization and an authorization header",
    ],
  ])("%j is refused", (options, message) => {
    expect(refusal(remoteMcp, options)).toContain(message);
  });

  test.each([
    "localhost",
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.9",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:10.0.0.1]",
    "printer",
    "db.internal",
    "nas.local",
    "app.localhost.",
    "0x7f000001",
  ])("a server at %s cannot be reached from xAI", (host) => {
    expect(refusal(remoteMcp, { ...mcp, url: `https://${host}/mcp` })).toContain("give it a public address");
  });

  test.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "mcp.example.com", "[::ffff:8.8.8.8]"])(
    "a server at %s is taken",
    (host) => {
      expect(remoteMcp({ ...mcp, url: `https://${host}/mcp` }).options.url).toContain("https://");
    },
  );

  test("no refusal says what a header holds", () => {
    for (const options of [
      { ...mcp, authorization: `${key}\r\nx: y` },
      { ...mcp, authorization: { key } },
      { ...mcp, headers: { "x-key": `${key}\n` } },
      { ...mcp, headers: { "x-key": [key] } },
      { ...mcp, authorization: key, headers: { authorization: key } },
      { ...mcp, url: `https://u:${key}@example.com/` },
    ]) {
      expect(refusal(remoteMcp, options)).not.toContain(key);
    }
  });

  test("a key in the address is advised against, without being said", () => {
    const [advice] = remoteMcp({ ...mcp, url: `https://example.com/mcp?api_key=${key}` }).advice ?? [];
    expect(advice).toContain("api_key");
    expect(advice).not.toContain(key);
  });
});
