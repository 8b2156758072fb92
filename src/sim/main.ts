#!/usr/bin/env node
import { parseArgs } from "node:util";
import { AgentError, errorMessage } from "../errors.ts";
import { startSimulator } from "./sim.ts";

const USAGE = `Runs the simulated xAI API on 127.0.0.1 until Ctrl-C.

Usage: npx fairwitness-sim [--port <n>]      (in a clone of the project: npm run sim -- [--port <n>])

  --port <n>   the port to listen on, 0 to 65535 (default 0: any free one)
  --help       this text
`;

/** What the command line asks for, or why it cannot be understood. */
function readFlags(args: readonly string[]): { port: number; help: boolean } | { mistake: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: { port: { type: "string" }, help: { type: "boolean" } } });
    const port = values.port ?? "0";
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      return { mistake: `--port takes a number from 0 to 65535, not "${port}".` };
    return { port: Number(port), help: values.help ?? false };
  } catch (thrown) {
    return { mistake: errorMessage(thrown) };
  }
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if ("mistake" in flags) return fail(`${flags.mistake}\n\n${USAGE}`, 2);
  if (flags.help) return print(USAGE);
  const simulator = await startSimulator({ port: flags.port });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close());
  print(`The fairwitness simulator is running: a rule-based stand-in for xAI, not a model. Ctrl-C ends it.

  export XAI_BASE_URL=${simulator.url}
  export XAI_API_KEY=${simulator.apiKey}
`);
}

function print(text: string): void {
  process.stdout.write(text);
}

function fail(text: string, exitCode: number): void {
  process.stderr.write(text);
  process.exitCode = exitCode;
}

main().catch((thrown: unknown) => {
  fail(
    thrown instanceof AgentError ? `${thrown.message}\n` : `${thrown instanceof Error ? thrown.stack : thrown}\n`,
    1,
  );
});
