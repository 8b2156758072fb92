import { AgentError } from "../errors.ts";
import { visibleText } from "../event/index.ts";
import { type Command, readCommand } from "./args.ts";
import { carryOut } from "./commands.ts";
import type { Paint } from "./paint.ts";
import { USAGE } from "./usage.ts";

/** What the program prints, and how it ends. */
export interface Said {
  /** 0 done, 1 it failed (of `diff`: they differ), 2 the command was not understood. */
  code: number;
  out: string;
  err: string;
}

/** The whole program but for the process it runs in. */
export async function runCommand(args: readonly string[], paint: Paint): Promise<Said> {
  const command = readCommand(args);
  if ("mistake" in command) return { code: 2, out: "", err: visibleText(`${command.mistake}\n\n${USAGE}`) };
  try {
    const { text, code } = await carryOut(command, paint);
    return { code, out: text, err: "" };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { code: failureOf(command), out: "", err: visibleText(`${error.message}\n`) };
  }
}

/** As of `diff` everywhere, 1 says that two runs differ: what could not be compared is 2. */
function failureOf({ command }: Command): number {
  return command === "diff" ? 2 : 1;
}
