import { createInterface } from "node:readline/promises";

/** Whether somebody sits at a terminal who can be asked. */
export const isSomebodyThere: boolean = process.stdin.isTTY === true && process.stdout.isTTY === true;

/** As long as a person might take who has nothing else to do. */
export async function aMoment(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/**
 * Asks yes or no, again until it is one of them. Undefined when nobody wants to say (Ctrl-C, or the end of the input).
 * @param isAnswered Whether somebody has said it elsewhere meanwhile.
 */
export async function ask(
  question: string,
  isAnswered: () => Promise<boolean>,
): Promise<boolean | "elsewhere" | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  const elsewhere = answeredElsewhere(isAnswered, left);
  try {
    for (;;) {
      const answer = await Promise.race([terminal.question(`${question} [y/n] `), left, elsewhere]);
      if (answer === undefined) return undefined;
      if (answer === ELSEWHERE) {
        console.log("");
        return "elsewhere";
      }
      const word = answer.trim().toLowerCase();
      if (word === "y" || word === "yes") return true;
      if (word === "n" || word === "no") return false;
    }
  } finally {
    terminal.close();
  }
}

const ELSEWHERE = Symbol("elsewhere");
const LOOK_EVERY_MS = 300;

/** Looks now and then, for as long as somebody is asked. */
async function answeredElsewhere(
  isAnswered: () => Promise<boolean>,
  left: Promise<undefined>,
): Promise<typeof ELSEWHERE | undefined> {
  let isAsked = true;
  void left.then(() => {
    isAsked = false;
  });
  while (isAsked) {
    if (await isAnswered()) return ELSEWHERE;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return undefined;
}
