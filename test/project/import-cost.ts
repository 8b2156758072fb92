// What it costs a program to import fairwitness, as built, beside zod alone, without which nobody defines a tool: user and system time
// of whole processes, medians. Fails where it is more than the goal and what a busy machine may add to it.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const GOAL = 1.3;
const NOISE = 0.15;
const REPETITIONS = 21;

const root = fileURLToPath(new URL("../..", import.meta.url));

function cpuMs(specifiers: readonly string[]): number {
  const imports = specifiers.map((specifier) => `await import("${specifier}");`).join("");
  const program = `${imports} const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  return Number(
    execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: root, encoding: "utf8" }),
  );
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

// One after the other, so that what the machine does beside this hits all of them alike.
const times: Record<"node" | "zod" | "fairwitness", number[]> = { node: [], zod: [], fairwitness: [] };
for (let n = 0; n < REPETITIONS; n += 1) {
  times.node.push(cpuMs([]));
  times.zod.push(cpuMs(["zod"]));
  times.fairwitness.push(cpuMs(["fairwitness"]));
}
const [node, zod, fairwitness] = [median(times.node), median(times.zod), median(times.fairwitness)];
const ratio = fairwitness / zod;
const alone = (fairwitness - node) / (zod - node);
console.log(
  `node alone ${node.toFixed(0)} ms, with zod ${zod.toFixed(0)} ms, with fairwitness ${fairwitness.toFixed(0)} ms`,
);
console.log(`import: ${ratio.toFixed(2)} of zod (goal ${GOAL}); without what Node itself takes ${alone.toFixed(2)}`);
process.exitCode = ratio <= GOAL + NOISE ? 0 : 1;
