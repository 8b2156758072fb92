#!/usr/bin/env node
import { parseArgs } from "node:util";
import { AgentError, errorMessage } from "../errors.ts";
import type { SimProfile } from "./profile.ts";
import { startSimulator } from "./sim.ts";

const USAGE = `Runs the simulated xAI API on 127.0.0.1 until Ctrl-C.

Usage: npx fairwitness-sim [--port <n>] [--profile xai|proxy]      (in a clone of the project: npm run sim -- [--port <n>])

  --port <n>        the port to listen on, 0 to 65535 (default 0: any free one)
  --profile <name>  xai (default), or proxy: a service that resells it, with its dialect and the Messages protocol
  --help            this text
`;

interface Flags {
  readonly port: number;
  readonly profile: SimProfile;
  readonly help: boolean;
}

/** What the command line asks for, or why it cannot be understood. */
function readFlags(args: readonly string[]): Flags | { mistake: string } {
  const text = { type: "string" } as const;
  try {
    const options = { port: text, profile: text, help: { type: "boolean" } } as const;
    const { port = "0", profile = "xai", help = false } = parseArgs({ args: [...args], options }).values;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      return { mistake: `--port takes a number from 0 to 65535, not "${port}".` };
    if (profile !== "xai" && profile !== "proxy") return { mistake: `--profile takes xai or proxy, not "${profile}".` };
    return { port: Number(port), profile, help };
  } catch (thrown) {
    return { mistake: errorMessage(thrown) };
  }
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if ("mistake" in flags) return fail(`${flags.mistake}\n\n${USAGE}`, 2);
  if (flags.help) return print(USAGE);
  const simulator = await startSimulator(flags);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close());
  const played = flags.profile === "xai" ? "xAI" : "a proxy that resells xAI";
  print(`The fairwitness simulator is running: a rule-based stand-in for ${played}, not a model. Ctrl-C ends it.

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
