import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { entryPoints, type Manifest } from "./manifest.ts";

/** The package's files, unpacked, by their names in it. */
type Files = ReadonlyMap<string, string>;

/** A dependency that is only there for development would be found here and missing at a user's. */
export function undeclaredImports(files: Files, manifest: Manifest): readonly string[] {
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const own = new Set([...entryPoints(manifest), ...Object.keys(manifest.imports)]);
  const wrong = new Set<string>();
  for (const [name, text] of files) {
    if (!/\.(js|d\.ts)$/.test(name)) continue;
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith(".") || isBuiltin(specifier) || own.has(specifier)) continue;
      const [first = "", second = ""] = specifier.split("/");
      const dependency = first.startsWith("@") ? `${first}/${second}` : first;
      if (!declared.has(dependency)) wrong.add(`${specifier} (in ${name})`);
    }
  }
  return [...wrong];
}

/** What of Node an entry point loads where there is no Node, itself or through what it imports, however deep. */
export function nodeImports(
  files: Files,
  { manifest, entry }: { manifest: Manifest; entry: string },
): readonly string[] {
  const target = manifest.exports[entry];
  const first = typeof target === "string" ? target : target?.default;
  if (first === undefined) throw new Error(`package.json exports no ${entry}.`);
  const seen = new Set<string>();
  const found: string[] = [];
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const text = files.get(name);
    if (text === undefined) throw new Error(`${name} is imported and not in the package.`);
    for (const specifier of importsOf(text)) {
      if (isBuiltin(specifier)) found.push(`${specifier} (in ${name})`);
      if (specifier.startsWith(".")) visit(posix.join(posix.dirname(name), specifier));
      const elsewhere = manifest.imports[specifier]?.default;
      if (typeof elsewhere === "string") visit(posix.normalize(elsewhere));
    }
  };
  visit(posix.normalize(first));
  return found;
}

/** Statements begin a line in what `tsc` writes; a text that speaks of an import does not. */
function importsOf(text: string): readonly string[] {
  const statements = text.matchAll(
    /^(?:import|export)\b[^;"'`]*?\bfrom "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gm,
  );
  return [...statements].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
