import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { installedCommand } from "./installed-command.ts";
import { type NodeProgram, runProgram } from "./npm.ts";

const COMMAND = "fairwitness";

/** Starts the installed command by its name: its help, a folder without runs, and the runs that the examples left. */
export async function checkRunsCommand(folder: string, node: NodeProgram): Promise<void> {
  const { program, path } = await installedCommand(COMMAND, { folder, node });
  const empty = join(folder, "empty");
  await mkdir(empty);
  const expectOutput = async (cwd: string, args: readonly string[], expected: RegExp): Promise<void> => {
    const said = await runProgram(program, args, { cwd, env: { PATH: path, NO_COLOR: "1" }, timeoutMs: 20_000 });
    if (!expected.test(said)) throw new Error(`${COMMAND} ${args.join(" ")} in ${cwd} printed:\n${said}`);
  };
  await expectOutput(empty, ["--help"], /^Usage: fairwitness runs list$/m);
  await expectOutput(empty, ["runs", "list"], /^There are no runs in \.fairwitness\.$/m);
  await expectOutput(folder, ["runs", "list"], /^run_\S+ +completed +SIMULATED /m);
  await expectOutput(folder, ["runs", "show", "latest"], /^completed$/m);
  await expectOutput(folder, ["runs", "sources", "latest", "--md"], /^# Evidence for `run_/);
}
