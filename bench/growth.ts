// What must not grow faster than the work: folding a long record, and compiling an agent of many tools.
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FoldTimes } from "./growth-fold.ts";
import type { ResumeTime } from "./growth-resume.ts";
import { agentOfTools, handlersOf } from "./growth-tools.ts";
import { installed, packedFairwitness } from "./packed.ts";
import { versionOf } from "./versions.ts";

export interface Growth {
  fold: FoldTimes;
  /** Carrying on records of several lengths, over each store. */
  resume: readonly ResumeTime[];
  /** An agent with so many tools, compiled with all that fairwitness and zod declare. */
  types: readonly TypeCost[];
}

export interface TypeCost {
  tools: number;
  instantiations: number;
  /** What `z.input` and `z.output` of the same schemas cost without us. */
  zodAlone: number;
  checkMs: number;
  totalMs: number;
}

export async function measureGrowth(): Promise<Growth> {
  const fold: FoldTimes = inChild("./growth-fold.ts", []);
  const resume = ["memory", "files", "sqlite"].flatMap((store) =>
    [25_000, 50_000, 100_000].map((events): ResumeTime => inChild("./growth-resume.ts", [store, String(events)])),
  );
  return { fold, resume, types: measureTypes([1, 10, 100]) };
}

/** What a script prints as JSON, in a process in which nothing is compiled yet. */
function inChild<T>(file: string, argv: readonly string[]): T {
  const script = fileURLToPath(new URL(file, import.meta.url));
  return JSON.parse(
    execFileSync(process.execPath, ["--conditions=fairwitness-dev", script, ...argv], { encoding: "utf8" }),
  );
}

const CONFIG = {
  compilerOptions: { target: "es2023", module: "nodenext", strict: true, skipLibCheck: true, noEmit: true, types: [] },
  files: ["agent.ts"],
};

function measureTypes(sizes: readonly number[]): readonly TypeCost[] {
  const folder = installed([packedFairwitness(), `zod@${versionOf("zod")}`]);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  return sizes.map((tools) => {
    writeFileSync(join(folder, "agent.ts"), handlersOf(tools));
    const zodAlone = compile(folder).instantiations;
    writeFileSync(join(folder, "agent.ts"), agentOfTools(tools));
    return { tools, zodAlone, ...compile(folder) };
  });
}

function compile(folder: string): Omit<TypeCost, "tools" | "zodAlone"> {
  const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", ".", "--extendedDiagnostics"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The agent of many tools does not compile:\n${stdout}`);
  const number = (label: string): number => {
    const found = new RegExp(`^${label}:\\s+([\\d.]+)(s?)`, "m").exec(stdout);
    if (found === null) throw new Error(`The compiler told no "${label}":\n${stdout}`);
    return Number(found[1]) * (found[2] === "s" ? 1000 : 1);
  };
  return {
    instantiations: number("Instantiations"),
    checkMs: number("Check time"),
    totalMs: number("Total time"),
  };
}
