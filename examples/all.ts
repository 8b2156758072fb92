// Runs every example as a program of its own and fails when one of them does.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && file !== "all.ts");
let failed = 0;

for (const file of files) {
  console.log(`\n=== examples/${file}`);
  // The same interpreter with the same conditions as this program; no key, so that nothing leaves this machine.
  const { status } = spawnSync(process.execPath, [...process.execArgv, `${folder}${file}`], {
    stdio: ["ignore", "inherit", "inherit"], // nobody is asked
    env: { ...process.env, XAI_API_KEY: "" },
    timeout: 60_000,
  });
  if (status !== 0) failed += 1;
  console.log(status === 0 ? `=== ok: ${file}` : `=== FAILED (${status}): ${file}`);
}
console.log(`\n${files.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
