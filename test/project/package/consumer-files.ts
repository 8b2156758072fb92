import { entryPoints, type Manifest } from "./manifest.ts";

/** What a user's project holds, by file name. */
export function consumerFiles(manifest: Manifest): Readonly<Record<string, string>> {
  return {
    "tsconfig.json": tsconfig({ types: ["node"], lib: LIBRARIES, include: ["agent.ts", "examples"] }),
    "tsconfig.browser.json": tsconfig({ types: [], lib: [...LIBRARIES, "dom"], include: ["browser.ts"] }),
    "tsconfig.refused.json": tsconfig({ types: ["node"], lib: LIBRARIES, include: ["refused.ts"] }),
    "agent.ts": AGENT,
    "browser.ts": BROWSER,
    "refused.ts": REFUSED,
    "resolve.ts": resolveAll(entryPoints(manifest)),
    "require.cjs": REQUIRE,
  };
}

const LIBRARIES: readonly string[] = ["es2024", "esnext.disposable"];

function tsconfig(options: { types: readonly string[]; lib: readonly string[]; include: readonly string[] }): string {
  const { types, lib, include } = options;
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    target: "es2023",
    lib,
    types,
    module: "nodenext",
    moduleResolution: "nodenext",
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The examples name each other by their file names.
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  return JSON.stringify({ compilerOptions, include }, null, 2);
}

/** All doors at once, with the inference a user relies on. */
const AGENT = `import { createAgent, defineTool, RunError, type RunEvent, webSearch, xSearch } from "fairwitness";
import { createClient, type Client } from "fairwitness/client";
import { startSimulator } from "fairwitness/sim";
import { createFileStore, type RunStore } from "fairwitness/store";
import { expectRun, startScript } from "fairwitness/testing";
import { getWeather } from "fairwitness/tools";
import { z } from "zod";

const double = defineTool({
  name: "double",
  description: "Doubles a number.",
  input: z.object({ value: z.number() }),
  execute: ({ value }, { context }: { context: { factor: number } }) => ({ doubled: value * context.factor }),
});
const client: Client = createClient({ apiKey: "test", baseURL: "http://127.0.0.1:1/v1" });
const store: RunStore = createFileStore();
const tools = [double, getWeather, webSearch({ allowedDomains: ["x.ai"] }), xSearch()] as const;
const agent = createAgent({ name: "typed", model: client.model("grok-4.7"), tools, store });

export async function ask(): Promise<string> {
  const run = agent.stream("2?", { context: { factor: 2 } });
  for await (const event of run) show(event);
  const result = await agent.run("2?", { context: { factor: 2 }, reject: false });
  return result.status === "completed" ? result.text + result.report() : result.status;
}

function show(event: RunEvent): void {
  if (double.is(event) && event.type === "tool.input") console.log(event.call.input.value.toFixed());
  if (event.type === "tool.input" && event.call.kind === "x_search") console.log(event.call.input?.query?.length);
  if (event.type === "text.delta") console.log(event.delta.length);
}

export { expectRun, RunError, startScript, startSimulator };
`;

/** The core and the client name nothing that only Node has. */
const BROWSER = `import { createAgent, foldEvidence, formatEvidence, parseRecord, webSearch } from "fairwitness";
import { createClient } from "fairwitness/client";

const model = createClient({ apiKey: "test" }).model("grok-4.7");
export const agent = createAgent({ name: "page", model, tools: [webSearch()] });
export const report = (record: string): string => formatEvidence(foldEvidence(parseRecord(record).events));
`;

const REFUSED = `import { createAgent, defineTool } from "fairwitness";
import { z } from "zod";

const tool = defineTool({
  name: "needy",
  description: "Needs a context.",
  input: z.object({}),
  execute: (_input, { context }: { context: { user: string } }) => context.user,
});
await createAgent({ name: "refused", model: "grok-4.7", tools: [tool] }).run("hello");
`;

function resolveAll(specifiers: readonly string[]): string {
  return `const found: Record<string, { url: string; names: number }> = {};
for (const specifier of ${JSON.stringify(specifiers)}) {
  found[specifier] = { url: import.meta.resolve(specifier), names: Object.keys(await import(specifier)).length };
}
console.log(JSON.stringify(found));
`;
}

const REQUIRE = `const { createAgent } = require("fairwitness");
if (typeof createAgent !== "function") throw new Error("require() gave no createAgent.");
`;
