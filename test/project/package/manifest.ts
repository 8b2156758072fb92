import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** The fields of package.json that are checked here. */
export interface Manifest {
  name: string;
  engines: { node: string };
  /** Entry points, each a file or files by condition. */
  exports: Record<string, string | Record<string, string>>;
  /** What the code of the package imports by `#name`, a file by condition, or conditions within one. */
  imports: Record<string, Record<string, string | Record<string, string>>>;
  /** Commands and their files. */
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const names = z.record(z.string(), z.string());

const manifestSchema: z.ZodType<Manifest> = z.object({
  name: z.string(),
  engines: z.object({ node: z.string() }),
  exports: z.record(z.string(), z.union([z.string(), names])),
  imports: z.record(z.string(), z.record(z.string(), z.union([z.string(), names]))),
  bin: names,
  dependencies: names,
  peerDependencies: names,
  devDependencies: names,
});

export async function readManifest(root: string): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));
}

/** The entry points that code can import, as people write them: `fairwitness`, `fairwitness/client` and so on. */
export function entryPoints({ name, exports }: Pick<Manifest, "name" | "exports">): readonly string[] {
  return Object.entries(exports)
    .filter(([, target]) => typeof target !== "string")
    .map(([path]) => name + path.slice(1));
}
