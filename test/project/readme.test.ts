// What the README says is tried: its programs are type-checked and run against the simulator, and its outputs are compared.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Simulator, startSimulator } from "fairwitness/sim";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocks, contributing, firstColumn, readme, root, section, shown } from "./readme-text.ts";

/** The programs in order, each with the heading it stands under. */
const programs = readme
  .split(/^## /m)
  .flatMap((part) => blocks("ts", part).map((text) => ({ text, heading: part.split("\n", 1)[0] ?? "" })));
const files = programs.map((program, index) => ({ ...program, file: `program-${index + 1}.ts` }));

/** Inside the project, so that the package finds itself by its name; its own folder, for others may test at the same time. */
let folder: string;
let simulator: Simulator;
/** Its ids count its requests: only the first two programs ask it. */
let fresh: Simulator;
/** `npm start`, in its own folder; what it leaves there is read by the command line. */
let started: ReturnType<typeof run>;

beforeAll(async () => {
  mkdirSync(join(root, ".vitest"), { recursive: true });
  folder = mkdtempSync(join(root, ".vitest", "readme-"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
  for (const { file, text } of files) writeFileSync(join(folder, file), text);
  [simulator, fresh] = await Promise.all([startSimulator(), startSimulator()]);
  mkdirSync(join(folder, "start"));
  started = run([...TYPESCRIPT, join(root, "examples", "scout.ts")], {}, "start");
});

afterAll(async () => {
  await Promise.all([simulator.close(), fresh.close(), started]);
  rmSync(folder, { recursive: true, force: true });
});

describe("the README's programs", () => {
  it("compile as strictly as the project does", async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    expect(await run([tsc, "-p", folder])).toMatchObject({ output: "", code: 0 });
  }, 60_000);

  it.each(files)("run against the simulator: $file, under $heading", async ({ file }) => {
    const environment = { XAI_BASE_URL: simulator.url, XAI_API_KEY: simulator.apiKey, RECORD: "1" };
    expect(await run([...TYPESCRIPT, file], environment)).toMatchObject({ code: 0 });
  });

  it.each([
    ["the first", 0, "Lisbon: city Lisbon"],
    ["the second", 1, "@sim_ana posts about sailing in Lisbon"],
  ])("begin with two of at most fifteen lines, whose output is the one shown: %s", async (_, index, beginning) => {
    const program = files[index];
    expect(program?.text.trim().split("\n").length).toBeLessThanOrEqual(15);
    const environment = { XAI_BASE_URL: fresh.url, XAI_API_KEY: fresh.apiKey };
    const { output } = await run([...TYPESCRIPT, program?.file ?? ""], environment);
    expect(masked(output)).toEqual(masked(shown(beginning)));
  });
});

describe("the README's claims of what its programs print", () => {
  it("hold: two citations against the search's own options, and a record that says the whole result again", async () => {
    const environment = { XAI_BASE_URL: simulator.url, XAI_API_KEY: simulator.apiKey };
    const outputOf = async (words: string): Promise<string> => {
      const program = files.find(({ text }) => text.includes(words));
      return (await run([...TYPESCRIPT, program?.file ?? ""], environment)).output;
    };
    expect((await outputOf('"policy.violation"')).match(/^x_search\.from /gm)).toHaveLength(2);
    expect(await outputOf("result.report()")).toMatch(/^# Evidence .*\ntrue\ntrue\n$/s);
  });

  it("hold: what is recorded is one file without a key, and is replayed with neither key nor network", async () => {
    const { file = "", text = "" } = files.find((program) => program.text.includes("replay(dir)")) ?? {};
    const dir = /const dir = "(.+)"/.exec(text)?.[1] ?? "";
    await using keyed = await startSimulator({ apiKey: "sim_key_of_the_readme" });
    const environment = { XAI_BASE_URL: keyed.url, XAI_API_KEY: keyed.apiKey, RECORD: "1" };
    expect(await run([...TYPESCRIPT, join(folder, file)], environment, "start")).toMatchObject({ code: 0 });
    const recorded = readdirSync(join(folder, "start", dir));
    expect(recorded).toHaveLength(1);
    expect(readFileSync(join(folder, "start", dir, recorded[0] ?? ""), "utf8")).not.toContain(keyed.apiKey);
    const sent = keyed.requests.length;
    expect(await run([...TYPESCRIPT, join(folder, file)], { XAI_BASE_URL: keyed.url }, "start")).toMatchObject({
      code: 0,
    });
    expect(keyed.requests).toHaveLength(sent);
  });
});

describe("the README's commands", () => {
  it("print what it shows: npm start, but for times, ports, ids and which call is answered first", async () => {
    const { output, code } = await started;
    expect(code).toBe(0);
    expectShown(output, shown("SIMULATED: no XAI_API_KEY"));
  });

  it("print what it shows: runs show latest, after npm start", async () => {
    expectShown(await command("runs", "show", "latest"), shown("run_"));
  });

  it("print what it shows: a part of runs sources latest --md, after npm start", async () => {
    const report = await command("runs", "sources", "latest", "--md");
    expect(report).toContain(shown("## Claims").trim());
  });

  it("are those that fairwitness --help tells, and so are their options", async () => {
    const help = await command("--help");
    const told = [...help.matchAll(/fairwitness (runs \w+(?: <\w+>)*)/g)].map((match) => match[1]);
    expect(firstColumn("command")).toEqual(told);
    const text = section("The record, the report and the command line");
    const options = [...text.matchAll(/`(--[a-z]+)`/g)].map((match) => match[1] ?? "");
    expect(options.length).toBeGreaterThan(2);
    expect(options.filter((option) => !help.includes(`${option} `))).toEqual([]);
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

/** Node's arguments for running a file as `npx tsx --conditions=fairwitness-dev` does. */
const TYPESCRIPT: readonly string[] = ["--import", "tsx", "--conditions=fairwitness-dev"];

/** Runs a program in the folder of the README's programs. Without `environment` there is no key. */
function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  under = ".",
): Promise<{ code: unknown; output: string; errors: string }> {
  const env = { ...process.env, XAI_API_KEY: "", XAI_BASE_URL: "", NO_COLOR: "1", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd: join(folder, under), env, timeout: 60_000 }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), output, errors }),
    );
  });
}

/** What the `fairwitness` command prints where `npm start` has run. */
async function command(...args: readonly string[]): Promise<string> {
  await started;
  const { output, code } = await run([...TYPESCRIPT, join(root, "src", "cli", "main.ts"), ...args], {}, "start");
  expect(code).toBe(0);
  return output;
}

/** What differs from run to run, such as numbers and ids, as `#`; the lines in order of the alphabet. */
function masked(output: string): string[] {
  return output
    .trim()
    .replace(/\b(run)_[0-9a-f-]{36}\b/g, "$1_#")
    .replace(/-?\d+(\.\d+)?/g, "#")
    .replace(/# s\b/g, "# ms") // a busy machine takes longer than a second
    .split("\n")
    .sort();
}

/** A line of the README that ends in … stands for the one line of the output that begins so. */
function expectShown(output: string, block: string): void {
  const left = masked(output);
  const cut = masked(block).map((line) => {
    const [beginning = "", ...rest] = line.split("…");
    const isCut = rest.length === 1 && rest[0] === "";
    const at = left.findIndex((real) => (isCut ? real.startsWith(beginning) && real !== beginning : real === line));
    return at === -1 ? `not in the output: ${line}` : `${left.splice(at, 1)}`;
  });
  expect([...cut, ...left].sort()).toEqual(masked(output));
}
