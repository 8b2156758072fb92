import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const secret = ["sim", "canary", "leak"].join("_");

const WAYS: Readonly<Record<string, () => unknown>> = {
  none: () => console.log("nothing to see"),
  console: () => console.error(`a log with ${secret}`),
  stdout: () => process.stdout.write(`${secret}\n`),
  child: () => spawnSync(process.execPath, ["-e", `console.log("${secret}")`], { stdio: "inherit" }),
  failure: () => expect(secret).toBe("something else"),
};

test("a leak", () => {
  WAYS[process.env.LEAK ?? ""]?.();
});
