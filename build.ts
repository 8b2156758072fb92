// Compiles what is published. Types by tsc, a file for each of ours; code by esbuild, which makes a few files of some 400: finding and
// reading them one by one takes longer than all that is in them. Nothing is minified, and other packages stay where they are.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";

/** File names, by whatever they are named for. */
type Files = string | { readonly [name: string]: Files };

const flat = (files: Files): readonly string[] =>
  typeof files === "string" ? [files] : Object.values(files).flatMap(flat);

/** What others reach: a source for each file in `dist` that package.json names. */
function entryPoints(): Record<string, string> {
  const { exports, imports, bin } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Files>; // npm's own shape
  const built = flat({ ...{ exports, imports, bin } } as Files).filter((file) => file.startsWith("./dist/"));
  const names = built.filter((file) => file.endsWith(".js")).map((file) => file.slice("./dist/".length, -".js".length));
  return Object.fromEntries(names.map((name) => [name, `${name}.ts`]));
}

rmSync("dist", { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
await build({
  entryPoints: entryPoints(),
  outdir: "dist",
  chunkNames: "src/[name]-[hash]",
  ...{ bundle: true, splitting: true, format: "esm", platform: "neutral", target: "es2023" },
  packages: "external",
  // What each of these stands for is decided where the package is run.
  external: ["#*", "node:*"],
  logLevel: "warning",
});
