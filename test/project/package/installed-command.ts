import { readFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { NodeProgram } from "./npm.ts";

/** A command as a shell would start it. */
export interface InstalledCommand {
  /** The link that npm made. */
  program: string;
  /** `PATH` with the Node under test first, as the link asks for it there. */
  path: string;
}

/** @throws {Error} when the command does not name Node in its first line: it must not be started then. */
export async function installedCommand(
  name: string,
  { folder, node }: { folder: string; node: NodeProgram },
): Promise<InstalledCommand> {
  const program = join(folder, "node_modules", ".bin", name);
  if (!(await readFile(program, "utf8")).startsWith("#!"))
    throw new Error(`${name} has no first line that names Node, so a shell would run it. It was not started.`);
  return { program, path: [dirname(node.path), process.env.PATH ?? ""].join(delimiter) };
}
