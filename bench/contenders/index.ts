/** Who does the work. Its file is loaded only in the process that measures it, and exports `contender`. */
export interface ContenderEntry {
  name: string;
  /** For tables. */
  title: string;
  kind: "floor" | "own" | "peer";
  file: string;
  /** What it is made of, from npm; versions are printed, and a cold start is measured with these alone. */
  packages?: readonly string[];
  /** Measured once and kept: it takes too long to be measured with the others. */
  isSlow?: boolean;
  /** Only for the workloads that name it. */
  isSpecial?: boolean;
  /** What a fair reader should know, such as what was done by hand for it. */
  note?: string;
  /** Workloads that it cannot do, with the reason. What it fails at without saying so is found when it is measured. */
  refuses?: Readonly<Record<string, string>>;
}

const NO_RESPONSES = { responses: "chat completions alone" };

/** Ratios are taken to the first. A new contender is a file and an entry here. */
export const CONTENDERS: readonly [ContenderEntry, ...ContenderEntry[]] = [
  { name: "floor", title: "by hand, node:http", kind: "floor", file: "contenders/floor.ts", packages: ["zod"] },
  { name: "floor-undici", title: "by hand, undici", kind: "peer", file: "peers/floor-undici.ts", packages: ["undici"] },
  { name: "floor-fetch", title: "by hand, fetch", kind: "floor", file: "contenders/floor-fetch.ts" },
  own("fairwitness", "fairwitness, each event"),
  own("fairwitness-batches", "fairwitness, batches()"),
  own("fairwitness-client", "fairwitness, thin client"),
  own("fairwitness-fetch", "fairwitness, over fetch"),
  {
    name: "xsai",
    title: "xsai",
    kind: "peer",
    file: "peers/xsai.ts",
    packages: ["xsai", "zod"],
    note: "checks no arguments: its handler does",
    refuses: NO_RESPONSES,
  },
  {
    name: "openai",
    title: "openai runTools",
    kind: "peer",
    file: "peers/openai.ts",
    packages: ["openai", "zod"],
    refuses: NO_RESPONSES,
  },
  {
    name: "ai",
    title: "ai (Vercel AI SDK)",
    kind: "peer",
    file: "peers/ai.ts",
    packages: ["ai", "@ai-sdk/openai-compatible", "@ai-sdk/xai", "zod"],
  },
  {
    name: "openai-agents",
    title: "@openai/agents",
    kind: "peer",
    file: "peers/openai-agents.ts",
    packages: ["@openai/agents", "openai", "zod"],
  },
  {
    name: "pi",
    title: "pi-agent-core",
    kind: "peer",
    file: "peers/pi.ts",
    packages: ["@earendil-works/pi-agent-core", "@earendil-works/pi-ai", "zod"],
    note: "fills in no defaults: its handler does",
    refuses: { responses: "its tools are functions alone" },
  },
  {
    name: "langchain",
    title: "langchain",
    kind: "peer",
    file: "peers/langchain.ts",
    packages: ["langchain", "@langchain/core", "@langchain/xai", "@langchain/openai", "zod"],
    isSlow: true,
  },
  {
    name: "mastra",
    title: "@mastra/core",
    kind: "peer",
    file: "peers/mastra.ts",
    packages: ["@mastra/core", "@ai-sdk/openai-compatible", "@ai-sdk/xai", "zod"],
    isSlow: true,
  },
  { name: "floor-64", title: "by hand, 64 sockets", kind: "floor", file: "contenders/floor-64.ts", isSpecial: true },
  special("fairwitness-unbounded", "all in flight"),
  special("fairwitness-files", "with files"),
  special("fairwitness-sqlite", "with SQLite"),
  special("fairwitness-files-fsync", "with files, fsync on"),
  special("fairwitness-sqlite-fsync", "with SQLite, fsync on"),
  special("fairwitness-reader", "with a second reader"),
  special("fairwitness-files-reader", "with files and a second reader"),
  special("fairwitness-sqlite-reader", "with SQLite and a second reader"),
];

function own(name: string, title: string): ContenderEntry {
  return { name, title, kind: "own", file: `contenders/${name}.ts` };
}

function special(name: string, title: string): ContenderEntry {
  return { ...own(name, `fairwitness, ${title}`), isSpecial: true };
}
