import { spawn } from "node:child_process";
import { once } from "node:events";
import { installedCommand } from "./installed-command.ts";
import type { NodeProgram } from "./npm.ts";

const COMMAND = "fairwitness-sim";

/** Starts the installed command by its name, asks it for its models with the key it prints, and stops it. */
export async function checkSimulatorCommand(folder: string, node: NodeProgram): Promise<void> {
  const { program, path } = await installedCommand(COMMAND, { folder, node });
  const child = spawn(program, ["--port", "0"], {
    cwd: folder,
    env: { PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  const ended = once(child, "close");
  let written = "";
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  try {
    for await (const text of child.stdout) {
      written += text;
      if (await answers(written)) child.kill("SIGTERM");
    }
    const [code, signal] = await ended;
    if (code !== 0) throw new Error(`${COMMAND} ended with ${signal ?? code} and wrote:\n${written}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/** False while the address has not been printed yet. */
async function answers(written: string): Promise<boolean> {
  const url = /XAI_BASE_URL=(\S+)/.exec(written)?.[1];
  const key = /XAI_API_KEY=(\S+)/.exec(written)?.[1];
  if (url === undefined || key === undefined) return false;
  const answer = await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(`${COMMAND} answered ${answer.status} to GET ${url}/models.`);
  return true;
}
