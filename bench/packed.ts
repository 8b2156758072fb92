import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** An empty project with packages as npm installs them for a user. Removed with the process. */
export function installed(packages: readonly string[]): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  if (packages.length > 0) npm(["install", "--ignore-scripts", ...packages], folder);
  return folder;
}

let tarball: string | undefined;

/** The path of fairwitness as it would be published, built now. */
export function packedFairwitness(): string {
  if (tarball !== undefined) return tarball;
  const folder = temporaryFolder();
  npm(["run", "build"], ROOT);
  npm(["pack", "--pack-destination", folder], ROOT);
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
  return tarball;
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fairwitness-bench-"));
  if (folders.length === 0) process.on("exit", removeFolders);
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
