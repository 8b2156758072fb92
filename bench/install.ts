import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Installs what the contenders of other people need, beside them and not with the product. Only where it is missing. */
export function installPeers(areNeeded: boolean): void {
  if (!areNeeded || existsSync(new URL("./node_modules", import.meta.url))) return;
  console.log("Installing the peers into bench/node_modules …");
  const folder = fileURLToPath(new URL(".", import.meta.url));
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
}
