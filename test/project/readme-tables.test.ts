// What the README's tables and links say is held against the code.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  CollectionsSearchOptions,
  Delta,
  ImageGenerationOptions,
  RemoteMcpOptions,
  RunLimits,
  ServerTool,
  StoredEvent,
  WebSearchOptions,
  XSearchOptions,
} from "fairwitness";
import * as fairwitness from "fairwitness";
import { describe, expect, it } from "vitest";
import { contributing, firstColumn, inBackticks, readme, root, tableOf } from "./readme-text.ts";

/** The compiler keeps these lists whole: a type that is missing here, or that is gone, does not compile. */
const STORED: Readonly<Record<StoredEvent["type"], true>> = {
  "run.started": true,
  "run.resumed": true,
  "run.paused": true,
  "run.completed": true,
  "run.failed": true,
  "run.cancelled": true,
  "run.limited": true,
  "turn.started": true,
  "turn.retrying": true,
  "turn.failed": true,
  "turn.completed": true,
  "tool.started": true,
  "tool.input": true,
  "tool.approval.requested": true,
  "tool.approval.resolved": true,
  "tool.executing": true,
  "tool.completed": true,
  "tool.late": true,
  "input.injected": true,
  "context.compacted": true,
  citation: true,
  "limit.warning": true,
  "policy.violation": true,
  protection: true,
  "cache.missed": true,
  warning: true,
  wire: true,
};
const DELTAS: Readonly<Record<Delta["type"], true>> = {
  "text.delta": true,
  "reasoning.delta": true,
  "tool.input.delta": true,
  "tool.progress": true,
};

const LIMITS: Readonly<Record<keyof RunLimits, true>> = {
  turns: true,
  toolCalls: true,
  serverTurns: true,
  tokens: true,
  costUsd: true,
  durationMs: true,
};

/** The functions that make server tools, by what they make, and the options of each. */
const SERVER_TOOLS: Readonly<Record<ServerTool["kind"], readonly [maker: string, options: readonly string[]]>> = {
  web_search: [
    "webSearch",
    keysOf<WebSearchOptions>({
      allowedDomains: true,
      excludedDomains: true,
      imageUnderstanding: true,
      imageSearch: true,
      userLocation: true,
      searchContextSize: true,
      externalWebAccess: true,
    }),
  ],
  x_search: [
    "xSearch",
    keysOf<XSearchOptions>({
      allowedHandles: true,
      excludedHandles: true,
      from: true,
      to: true,
      imageUnderstanding: true,
      videoUnderstanding: true,
    }),
  ],
  code_execution: ["codeExecution", []],
  collections_search: [
    "collectionsSearch",
    keysOf<CollectionsSearchOptions>({ collectionIds: true, maxResults: true }),
  ],
  mcp: [
    "remoteMcp",
    keysOf<RemoteMcpOptions>({
      url: true,
      label: true,
      description: true,
      allowedTools: true,
      deferLoading: true,
      authorization: true,
      headers: true,
    }),
  ],
  image_generation: ["imageGeneration", keysOf<ImageGenerationOptions>({ action: true })],
};

describe("the README's tables", () => {
  it("name every event and every delta of this version, and no other", () => {
    expect(firstColumn("event").sort()).toEqual([...Object.keys(STORED), ...Object.keys(DELTAS)].sort());
  });

  it("say of the deltas that they are deltas", () => {
    const rows = readme.split("\n").filter((line) => /^\| `[^`]+` \| delta: /.test(line));
    expect(rows.map((row) => row.split("`")[1]).sort()).toEqual(Object.keys(DELTAS).sort());
  });

  it("name only codes that errors can have", () => {
    const codes: readonly string[] =
      readFileSync(join(root, "src", "errors.ts"), "utf8").match(/(?<=^ {2}\| ")\w+(?=")/gm) ?? [];
    const rows = readme.split("\n").filter((line) => /^\| `(limited|cancelled|failed)` \|/.test(line));
    const named = rows.flatMap((row) => [...(row.split("|")[2] ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1]));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((code) => code !== undefined && !codes.includes(code))).toEqual([]);
  });

  it("name every function that makes a server tool, with all its options and no other", () => {
    const named = tableOf("function").map((row) => {
      const [maker, , options] = row.split(" | ");
      return [...inBackticks(maker), [...new Set(inBackticks(options))]];
    });
    expect(named).toEqual(Object.values(SERVER_TOOLS));
    const makers = Object.values(SERVER_TOOLS).map(([maker]) => maker);
    expect(makers.filter((maker) => typeof Reflect.get(fairwitness, maker) !== "function")).toEqual([]);
  });

  it("name every limit of a run, and no other", () => {
    const named = tableOf("what").flatMap((row) => [...row.matchAll(/`limits\.(\w+)`/g)].map((match) => match[1]));
    expect(named.sort()).toEqual(Object.keys(LIMITS).sort());
  });

  it("map everything that is in src", () => {
    const mapped = firstColumn("place").map((name) => name.replace(/\/$/, ""));
    expect(mapped.sort()).toEqual(readdirSync(join(root, "src")).sort());
  });
});

describe("the README", () => {
  it("says what it is in its first line", () => {
    expect(readme.split("\n", 1)[0]).toContain("xAI Grok agent framework");
  });

  it("links only to files that are there, as CONTRIBUTING does", () => {
    const prose = `${readme}${contributing}`.replace(/^```.*?^```$/gms, "");
    const links = [...prose.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !link.startsWith("https://") && !existsSync(join(root, link)))).toEqual([]);
  });

  it("links only to headings that are there", () => {
    const anchor = (heading: string): string =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-");
    const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map((match) => anchor(match[1] ?? ""));
    const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  });
});

/** The compiler keeps the list whole. */
function keysOf<T>(keys: Readonly<Record<keyof T, true>>): readonly string[] {
  return Object.keys(keys);
}
