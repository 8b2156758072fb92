#!/usr/bin/env node
import { AgentError } from "../errors.ts";
import { visibleText } from "../event/index.ts";
import { readCommand } from "./args.ts";
import { carryOut } from "./commands.ts";
import { createPaint } from "./paint.ts";
import { USAGE } from "./usage.ts";

/** @returns the exit code: 0 done, 1 it failed, 2 the command was not understood. */
async function main(args: readonly string[]): Promise<number> {
  const command = readCommand(args);
  if ("mistake" in command) {
    process.stderr.write(visibleText(`${command.mistake}\n\n${USAGE}`));
    return 2;
  }
  try {
    process.stdout.write(await carryOut(command, createPaint(process.stdout)));
    return 0;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(visibleText(`${error.message}\n`));
    return 1;
  }
}

// `fairwitness runs show latest | head` closes the pipe early: whoever reads has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
