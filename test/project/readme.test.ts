// What the README says is tried: its programs are type-checked and run against the simulator, and its outputs, tables and
// links are held against the code.
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Delta, StoredEvent } from "fairwitness";
import { type Simulator, startSimulator } from "fairwitness/sim";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const contributing = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

/** The compiler keeps these lists whole: a type that is missing here, or that is gone, does not compile. */
const STORED: Readonly<Record<StoredEvent["type"], true>> = {
  "run.started": true,
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
  "tool.executing": true,
  "tool.completed": true,
  "input.injected": true,
  citation: true,
  "limit.warning": true,
  "policy.violation": true,
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

/** The programs in order, each with the heading it stands under. */
const programs = readme
  .split(/^## /m)
  .flatMap((section) => blocks("ts", section).map((text) => ({ text, heading: section.split("\n", 1)[0] ?? "" })));
const files = programs.map((program, index) => ({ ...program, file: `program-${index + 1}.ts` }));

/** Inside the project, so that the package finds itself by its name; its own folder, for others may test at the same time. */
let folder: string;
let simulator: Simulator;

beforeAll(async () => {
  mkdirSync(join(root, ".vitest"), { recursive: true });
  folder = mkdtempSync(join(root, ".vitest", "readme-"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
  for (const { file, text } of files) writeFileSync(join(folder, file), text);
  simulator = await startSimulator();
});

afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the README's programs", () => {
  it("compile as strictly as the project does", async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    expect(await run([tsc, "-p", folder])).toMatchObject({ output: "", code: 0 });
  }, 60_000);

  it.each(files)("run against the simulator: $file, under $heading", async ({ file }) => {
    const environment = { XAI_BASE_URL: simulator.url, XAI_API_KEY: simulator.apiKey };
    expect(await run([...TYPESCRIPT, file], environment)).toMatchObject({ code: 0 });
  });

  it("begin with one of at most fifteen lines, whose output is the one shown", async () => {
    const [first] = files;
    expect(first?.text.trim().split("\n").length).toBeLessThanOrEqual(15);
    const environment = { XAI_BASE_URL: simulator.url, XAI_API_KEY: simulator.apiKey };
    const { output } = await run([...TYPESCRIPT, first?.file ?? ""], environment);
    expect(withoutDollars(output)).toBe(withoutDollars(shown("Lisbon: city Lisbon")));
  });
});

describe("the README's commands", () => {
  it("print what it shows: npm start, but for times, ports and which call is answered first", async () => {
    const { output, code } = await run([...TYPESCRIPT, join(root, "examples", "weather.ts")]);
    expect(code).toBe(0);
    expect(masked(output)).toEqual(masked(shown("SIMULATED: no XAI_API_KEY")));
  });

  it("print what it shows: npm run sim, but for the port", async () => {
    const program = spawn(process.execPath, [...TYPESCRIPT, join(root, "src", "sim", "main.ts")], { cwd: folder });
    let output = "";
    for await (const text of program.stdout.setEncoding("utf8")) {
      output += text;
      if (/XAI_API_KEY=.*\n/.test(output)) program.kill();
    }
    expect(masked(output)).toEqual(masked(shown("The fairwitness simulator is running")));
  });

  it("exist, in CONTRIBUTING too", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const named = [...`${readme}${contributing}`.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)];
    expect(named.length).toBeGreaterThan(5);
    expect(named.map((match) => match[1] ?? match[2]).filter((name) => !Object.hasOwn(scripts, name ?? ""))).toEqual(
      [],
    );
  });
});

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
    const links = [...`${readme}${contributing}`.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.filter((link) => !link.startsWith("https://") && !existsSync(join(root, link)))).toEqual([]);
  });
});

/** Node's arguments for running a file as `npx tsx --conditions=fairwitness-dev` does. */
const TYPESCRIPT: readonly string[] = ["--import", "tsx", "--conditions=fairwitness-dev"];

/** Runs a program in the folder of the README's programs. Without `environment` there is no key. */
function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: unknown; output: string; errors: string }> {
  const env = { ...process.env, XAI_API_KEY: "", XAI_BASE_URL: "", NO_COLOR: "1", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd: folder, env, timeout: 60_000 }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), output, errors }),
    );
  });
}

/** The fenced blocks of a language. */
function blocks(language: string, text: string = readme): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1] ?? "");
}

/** The output that the README shows and that begins so. */
function shown(beginning: string): string {
  return blocks("text").find((text) => text.startsWith(beginning)) ?? `no block begins with: ${beginning}`;
}

/** The simulator's estimate of a cost is no promise. */
function withoutDollars(output: string): string {
  return output.replace(/\$\d+\.\d+/g, "$#");
}

/** The lines of an output in order of the alphabet, every number as `#`. */
function masked(output: string): string[] {
  return output
    .trim()
    .replace(/-?\d+(\.\d+)?/g, "#")
    .split("\n")
    .sort();
}

/** Everything in backticks in the first column of the table whose first heading is `heading`. */
function firstColumn(heading: string): string[] {
  const table = readme.split(`\n| ${heading} | `)[1]?.split("\n\n", 1)[0] ?? "";
  const cells = table
    .split("\n")
    .slice(2)
    .map((row) => row.split(" | ", 1)[0] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""));
}
