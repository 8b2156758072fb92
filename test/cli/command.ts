import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../src/cli/run.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command as a process of its own, its outputs piped. */
export async function fairwitness(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env;
  const child = spawn(
    process.execPath,
    ["--conditions=fairwitness-dev", "--import", "tsx", "src/cli/main.ts", ...args],
    {
      cwd: root,
      env: { ...rest, ...env },
    },
  );
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (out += part));
  child.stderr.setEncoding("utf8").on("data", (part) => (err += part));
  const [code] = await once(child, "close");
  return { code, out, err };
}

/** The same in this process, without colours: for tests of many commands. */
export async function inProcess(args: readonly string[]): Promise<Said> {
  const plain = (text: string): string => text;
  return await runCommand(args, { strong: plain, dim: plain, good: plain, bad: plain, note: plain });
}
