// What it costs to have and to load a contender, each installed from its packed tarballs into an empty project: packages,
// megabytes, and the time a process takes that does nothing but import it.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONTENDERS, type ContenderEntry } from "./contenders/index.ts";
import { installed, packedFairwitness } from "./packed.ts";
import { type Spread, spread } from "./statistics.ts";
import { versionOf } from "./versions.ts";

export interface ColdStart {
  contender: string;
  title: string;
  /** From the start of the process to the end of the imports, Node's own start included. */
  wallMs: Spread;
  /** User and system time of that process. */
  cpuMs: Spread;
  packages: number;
  megabytes: number;
}

const REPETITIONS = 11;

/** What is imported: what the contender's file imports, and zod, in which all of them write their tools. */
interface Cold {
  contender: string;
  title: string;
  folder: string;
}

export async function measureColdStarts(): Promise<readonly ColdStart[]> {
  const all = [nothing(), ...CONTENDERS.filter(({ packages }) => packages !== undefined).map(prepare), fairwitness()];
  const times = new Map(all.map(({ contender }) => [contender, [] as { wallMs: number; cpuMs: number }[]]));
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    for (const cold of all) times.get(cold.contender)?.push(importOnce(cold.folder));
  }
  return all.map(({ contender, title, folder }) => {
    const own = times.get(contender) ?? [];
    const wallMs = spread(own.map((time) => time.wallMs));
    const cpuMs = spread(own.map((time) => time.cpuMs));
    return { contender, title, wallMs, cpuMs, packages: packagesIn(folder), megabytes: megabytesIn(folder) };
  });
}

function nothing(): Cold {
  return write({ contender: "node", title: "node alone", folder: installed([]) }, []);
}

function fairwitness(): Cold {
  const folder = installed([packedFairwitness(), `zod@${versionOf("zod")}`]);
  return write({ contender: "fairwitness", title: "fairwitness", folder }, ["fairwitness", "zod"]);
}

function prepare({ name, title, file, packages = [] }: ContenderEntry): Cold {
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  const imported = [...text.matchAll(/^import [^;]*?from "([^."][^"]*)";$/gms)].flatMap(([all, specifier = ""]) =>
    all.startsWith("import type") || specifier.startsWith("node:") ? [] : [specifier],
  );
  const folder = installed(packages.map((one) => `${one}@${versionOf(one)}`));
  return write(
    { contender: name, title, folder },
    [...new Set([...imported, "zod"])].filter((one) => isIn(folder, one)),
  );
}

/** undici's floor is measured without zod: it is there for what it costs itself. */
function isIn(folder: string, specifier: string): boolean {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return existsSync(join(folder, "node_modules", name));
}

function write(cold: Cold, specifiers: readonly string[]): Cold {
  const lines = specifiers.map((specifier) => `import ${JSON.stringify(specifier)};`);
  const report = `const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ wallMs: performance.now(), cpuMs: (user + system) / 1000 }));`;
  writeFileSync(join(cold.folder, "cold.js"), [...lines, report].join("\n"));
  return cold;
}

function importOnce(folder: string): { wallMs: number; cpuMs: number } {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const said = execFileSync(process.execPath, ["cold.js"], { cwd: folder, env, encoding: "utf8" });
  return JSON.parse(said.trim().split("\n").at(-1) ?? "");
}

function packagesIn(folder: string): number {
  const lock = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(lock)) return 0;
  const { packages }: { packages: object } = JSON.parse(readFileSync(lock, "utf8"));
  return Object.keys(packages).length;
}

function megabytesIn(folder: string): number {
  const modules = join(folder, "node_modules");
  if (!existsSync(modules)) return 0;
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  return bytes / 1e6;
}
