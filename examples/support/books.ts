import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** A line in the books of somebody outside: what really happened, whatever a run believes of it. */
export interface Entry {
  /** The idempotency key of the call that did it: it begins with the run's id. */
  key: string;
  what: string;
}

/** Books of a bank or a mail service, in a file. They do not look at keys: what is done twice stands there twice. */
export interface Books {
  write(entry: Entry): void;
  find(key: string): Entry | undefined;
  /** What a run has done. */
  of(runId: string): readonly Entry[];
}

/** @param name Of the file, `.fairwitness/examples/<name>.jsonl`: git ignores it with the records. */
export function openBooks(name: string): Books {
  const file = `.fairwitness/examples/${name}.jsonl`;
  const all = (): readonly Entry[] =>
    textOf(file)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Entry); // written below
  return {
    write(entry) {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
    find: (key) => all().find((entry) => entry.key === key),
    of: (runId) => all().filter(({ key }) => key.startsWith(`${runId}/`)),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // nothing was ever written
  }
}
