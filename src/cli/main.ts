#!/usr/bin/env node
import { createPaint } from "./paint.ts";
import { runCommand } from "./run.ts";

// `fairwitness runs show latest | head` closes the pipe early: whoever reads has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const { code, out, err } = await runCommand(process.argv.slice(2), createPaint(process.stdout));
process.exitCode = code; // before anything is written: whoever stops reading ends the process
process.stderr.write(err);
process.stdout.write(out);
