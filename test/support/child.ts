import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A program of `test/faults/child`, run by Node as it is, that prints one JSON text. */
export interface Child {
  /** What it printed and how it ended, once it has ended by itself. */
  readonly ended: Promise<{ code: number | null; out: unknown; errors: string }>;
  /** Tells it to go on: a line on its standard input. */
  goOn(): void;
}

/** @param environment Beside the one of the tests. */
export function startChild(name: string, argument: object, environment: Readonly<Record<string, string>> = {}): Child {
  const file = fileURLToPath(new URL(`../faults/child/${name}.ts`, import.meta.url));
  const options = ["--expose-gc", "--conditions=fairwitness-dev", "--unhandled-rejections=strict"];
  const child = spawn(process.execPath, [...options, file, JSON.stringify(argument)], {
    env: { ...process.env, ...environment },
  });
  const printed = { out: "", errors: "" };
  child.stdout.on("data", (bytes: Buffer) => (printed.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (printed.errors += bytes.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve)).then((code) => ({
    code,
    out: printed.out === "" ? undefined : (JSON.parse(printed.out) as unknown),
    errors: printed.errors,
  }));
  return { ended, goOn: () => void child.stdin.write("\n") };
}
