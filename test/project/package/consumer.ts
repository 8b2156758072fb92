import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { consumerFiles } from "./consumer-files.ts";
import { entryPoints, type Manifest } from "./manifest.ts";
import { type NodeProgram, npm, runProgram } from "./npm.ts";
import type { Report } from "./report.ts";
import { checkRunsCommand } from "./runs-command.ts";
import { checkSimulatorCommand } from "./simulator-command.ts";
import type { Tarball } from "./tarball.ts";

/** A folder of somebody who installed the package, and the Node they have. */
export interface Consumer {
  folder: string;
  node: NodeProgram;
  manifest: Manifest;
  /** The examples copied there, those that are programs. */
  examples: readonly string[];
}

/** Installs the tarball as a stranger would, and puts the examples beside it. */
export async function installConsumer(options: {
  folder: string;
  tarball: Tarball;
  node: NodeProgram;
  /** Version or range. */
  zod: string;
  manifest: Manifest;
  root: string;
}): Promise<Consumer> {
  const { folder, tarball, node, zod, manifest, root } = options;
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}\n');
  const tools = ["tsx", "typescript", "@types/node"].map((name) => `${name}@${manifest.devDependencies[name]}`);
  // Strict engines: a dependency that does not promise this Node fails here and not at a user's.
  const flags = ["--ignore-scripts", "--engine-strict", "--no-audit", "--no-fund", "--prefer-offline"];
  await npm(["install", ...flags, tarball.path, `zod@${zod}`, ...tools], { cwd: folder, node });
  await cp(join(root, "examples"), join(folder, "examples"), { recursive: true });
  for (const [name, text] of Object.entries(consumerFiles(manifest))) await writeFile(join(folder, name), text);
  const examples = (await readdir(join(folder, "examples"))).filter(
    (name) => name.endsWith(".ts") && name !== "all.ts",
  );
  return { folder, node, manifest, examples };
}

/** Everything a user would do with what is installed. */
export async function checkConsumer(consumer: Consumer, report: Report): Promise<void> {
  const { folder, node } = consumer;
  await report.check("every entry point resolves into node_modules/fairwitness/dist and loads", () =>
    checkResolution(consumer),
  );
  await report.check("require() loads it from CommonJS", async () => {
    await runProgram(node.path, ["require.cjs"], { cwd: folder });
  });
  await report.check(
    "strict types hold, those of the package included, with Node's types and with a browser's",
    async () => {
      await typeCheck(consumer, "tsconfig.json");
      await typeCheck(consumer, "tsconfig.browser.json");
    },
  );
  await report.check("a run without the context its tools need does not compile", () => checkRefusal(consumer));
  for (const name of consumer.examples) {
    await report.check(`examples/${name}`, async () => {
      await runTsx(consumer, join("examples", name));
    });
  }
  await report.check(
    "the fairwitness command helps, finds no runs where there are none, and shows those of the examples",
    () => checkRunsCommand(folder, node),
  );
  await report.check("the simulator's command starts, answers and stops", () => checkSimulatorCommand(folder, node));
}

/** `import.meta.resolve` of the very loader that runs the examples; then each is imported. */
async function checkResolution(consumer: Consumer): Promise<void> {
  const said = await runTsx(consumer, "resolve.ts");
  const found = JSON.parse(said) as Record<string, { url: string; names: number }>; // resolve.ts prints just this
  const home = pathToFileURL(join(consumer.folder, "node_modules", consumer.manifest.name, "dist/")).href;
  for (const specifier of entryPoints(consumer.manifest)) {
    const entry = found[specifier];
    if (entry === undefined) throw new Error(`${specifier} was not tried.`);
    if (!entry.url.startsWith(home)) throw new Error(`${specifier} resolves to ${entry.url}, which is not in ${home}`);
    if (entry.names === 0) throw new Error(`${specifier} exports nothing.`);
  }
}

async function checkRefusal(consumer: Consumer): Promise<void> {
  const compiled = await typeCheck(consumer, "tsconfig.refused.json").then(
    () => "It compiled.",
    (error: Error) => error.message,
  );
  const errors = compiled.split("\n").filter((line) => line.includes("error TS"));
  // The argument that is missing, and nothing else.
  const isRefused = errors.length === 1 && errors.every((line) => /^refused\.ts\(.*error TS(2554|2769)\b/.test(line));
  if (!isRefused) throw new Error(compiled);
}

/** tsc as a program of the installed typescript, run by the Node under test. */
async function typeCheck({ folder, node }: Consumer, project: string): Promise<void> {
  await runProgram(node.path, [join(folder, "node_modules", "typescript", "bin", "tsc"), "-p", project], {
    cwd: folder,
  });
}

/** Without the condition `fairwitness-dev`, so that what runs is what was built. */
function runTsx({ folder, node }: Consumer, file: string): Promise<string> {
  const tsx = join(folder, "node_modules", "tsx", "dist", "cli.mjs");
  return runProgram(node.path, [tsx, file], { cwd: folder, timeoutMs: 60_000 });
}
