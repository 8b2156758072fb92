import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A Node that was installed for this check. */
export interface NodeProgram {
  /** The program. */
  path: string;
  /** What it says of itself, without the "v". */
  version: string;
}

export interface ProgramOptions {
  cwd: string;
  /** Over the cleaned environment of this process. */
  env?: NodeJS.ProcessEnv;
  /** Default 120,000. */
  timeoutMs?: number;
}

/**
 * Runs a program to its end and resolves with what it wrote to stdout.
 * @throws {Error} when it does not exit with 0, with all that it wrote.
 */
export function runProgram(path: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const { cwd, env, timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let written = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      written += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      written += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${args.join(" ")}\nended with ${signal ?? code} and wrote:\n${lastLines(written)}`));
    });
  });
}

/** npm, run by the given Node (default: the one that runs this), so that npm judges `engines` by that Node. */
export function npm(args: readonly string[], options: ProgramOptions & { node?: NodeProgram }): Promise<string> {
  const npmProgram = process.env.npm_execpath;
  if (npmProgram === undefined) throw new Error("Run this through npm: npm run check:package, npm run check:runtimes.");
  return runProgram(options.node?.path ?? process.execPath, [npmProgram, ...args], options);
}

/** Node as npm packages it, on its own, because its install scripts must run and no others may. */
export async function installNode(version: string, folder: string): Promise<NodeProgram> {
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{"private":true}\n');
  await npm(["install", "--no-audit", "--no-fund", `node@${version}`], { cwd: folder });
  const path = join(folder, "node_modules", "node", "bin", "node");
  const said = await runProgram(path, ["--version"], { cwd: folder });
  return { path, version: said.trim().replace(/^v/, "") };
}

/**
 * This process's environment without what would change how the installed package runs: options for Node, what the npm
 * around us says of this project, and any key or address of a real endpoint.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ofTheProject =
    /^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$|NODE_PATH$|XAI_|TSX_)/;
  const kept = Object.entries(process.env).filter(([name]) => !ofTheProject.test(name));
  return { ...Object.fromEntries(kept), XAI_API_KEY: "" };
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split("\n");
  return (lines.length > 40 ? ["…", ...lines.slice(-40)] : lines).join("\n");
}
