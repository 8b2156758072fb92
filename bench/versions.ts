import { existsSync, readFileSync } from "node:fs";
import type { ContenderEntry } from "./contenders/index.ts";

/** The packages of each contender with the versions that are installed, as `name version`. */
export function versionsOf(contenders: readonly ContenderEntry[]): Readonly<Record<string, string>> {
  const shown = contenders.filter(({ isSpecial }) => isSpecial !== true);
  const entries = shown.map(({ name, kind, packages = kind === "own" ? OURS : [] }): [string, string] => [
    name,
    packages.map(describe).join(", "),
  ]);
  return Object.fromEntries(entries.filter(([, packages]) => packages !== ""));
}

/** What fairwitness sends over is undici, but for the form of it that is said to go over `fetch`. */
const OURS: readonly string[] = ["fairwitness", "undici", "zod"];

function describe(name: string): string {
  return `${name} ${versionOf(name) ?? "(not installed)"}`;
}

/** Beside the peers, or with the product. */
export function versionOf(name: string): string | undefined {
  const places =
    name === "fairwitness"
      ? ["../package.json"]
      : ["./node_modules/", "../node_modules/"].map((folder) => `${folder}${name}/package.json`);
  const place = places.map((path) => new URL(path, import.meta.url)).find((path) => existsSync(path));
  if (place === undefined) return undefined;
  const manifest: { version?: unknown } = JSON.parse(readFileSync(place, "utf8"));
  return String(manifest.version);
}
