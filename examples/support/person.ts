import { createInterface } from "node:readline/promises";

/** Whether somebody sits at a terminal who can be asked. */
export const isSomebodyThere: boolean = process.stdin.isTTY === true && process.stdout.isTTY === true;

/** As long as a person might take who has nothing else to do. */
export async function aMoment(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** Asks yes or no, again until it is one of them. Undefined when nobody wants to say (Ctrl-C, or the end of the input). */
export async function ask(question: string): Promise<boolean | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  try {
    for (;;) {
      const answer = await Promise.race([terminal.question(`${question} [y/n] `), left]);
      if (answer === undefined) return undefined;
      const word = answer.trim().toLowerCase();
      if (word === "y" || word === "yes") return true;
      if (word === "n" || word === "no") return false;
    }
  } finally {
    terminal.close();
  }
}
