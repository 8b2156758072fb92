import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeImports, undeclaredImports } from "./imports.ts";
import type { Manifest } from "./manifest.ts";
import { npm, runProgram } from "./npm.ts";
import type { Report } from "./report.ts";

/** The packed project. */
export interface Tarball {
  path: string;
  /** Its files, unpacked, by their names in the package. */
  files: ReadonlyMap<string, string>;
  /** Bytes of the tarball. */
  packedBytes: number;
}

/** What `npm pack --json` says of what it packed: a list of one, or from npm 11 on possibly an object by name. */
interface Packed {
  filename: string;
  size: number;
  files: readonly { path: string }[];
}

export async function packProject(root: string, folder: string): Promise<Tarball> {
  const said = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const [packed] = Object.values(JSON.parse(said) as Record<string, Packed>); // npm's own words, checked by use below
  if (packed === undefined) throw new Error(`npm pack told of no package:\n${said}`);
  const path = join(folder, packed.filename);
  await runProgram("tar", ["-xzf", path, "-C", folder], { cwd: folder });
  const files = await Promise.all(
    packed.files.map(async (file) => [file.path, await readFile(join(folder, "package", file.path), "utf8")] as const),
  );
  return { path, files: new Map(files), packedBytes: packed.size };
}

export async function checkTarball(
  tarball: Tarball,
  { manifest, root, report }: { manifest: Manifest; root: string; report: Report },
): Promise<void> {
  const { files } = tarball;
  const size = `${files.size} files, ${Math.round(tarball.packedBytes / 1024)} KiB packed`;
  await report.check(`the tarball holds what it should and nothing else (${size})`, async () => {
    refuse(
      "does not belong into the package",
      [...files.keys()].filter((name) => !belongs(name)),
    );
    refuse("is missing from the package", missingFiles(files, manifest));
  });
  await report.check("every command begins with #!/usr/bin/env node", async () =>
    refuse("is a command and does not begin with it", commandsWithoutNode(files, manifest)),
  );
  await report.check("the tarball holds no key, no private key, no path of this machine", async () =>
    refuse("holds a secret or a local path", filesWithSecrets(files, root)),
  );
  await report.check("the built code imports only what package.json declares", async () =>
    refuse("is imported but not declared", undeclaredImports(files, manifest)),
  );
  for (const entry of [".", "./client"]) {
    await report.check(`nothing that "${entry}" loads is Node's own`, async () =>
      refuse("is loaded, and a page or a worker has no such module", nodeImports(files, { manifest, entry })),
    );
  }
}

/** Without this line the shell runs the file as a script of its own, which ends badly. */
function commandsWithoutNode(files: ReadonlyMap<string, string>, { bin }: Manifest): readonly string[] {
  const programs = Object.values(bin).map((file) => file.replace(/^\.\//, ""));
  return programs.filter((name) => !files.get(name)?.startsWith("#!/usr/bin/env node\n"));
}

function refuse(what: string, found: readonly string[]): void {
  if (found.length > 0) throw new Error(found.map((name) => `${name} ${what}`).join("\n"));
}

const DOCUMENTS: readonly string[] = ["package.json", "README.md", "CHANGELOG.md", "LICENSE"];

/** The compiled `src` and `tools` with their types, and four documents. */
function belongs(name: string): boolean {
  if (DOCUMENTS.includes(name)) return true;
  return /^dist\/(src|tools)\/.+\.(js|d\.ts)$/.test(name) && !/(^|\/)test\/|\.test\./.test(name);
}

/** Documents, and everything that `exports`, `imports` and `bin` point at; `fairwitness-dev` is for the repository alone. */
function missingFiles(files: ReadonlyMap<string, string>, manifest: Manifest): readonly string[] {
  const targets = [...Object.values(manifest.exports), ...Object.values(manifest.imports)];
  const exported = targets.flatMap((target) => {
    if (typeof target === "string") return [target];
    return Object.entries(target).flatMap(([condition, file]) =>
      condition === "fairwitness-dev" || typeof file !== "string" ? [] : [file],
    );
  });
  const wanted = [
    ...DOCUMENTS,
    ...[...exported, ...Object.values(manifest.bin)].map((file) => file.replace(/^\.\//, "")),
  ];
  return wanted.filter((name) => !files.has(name));
}

const SECRETS: readonly RegExp[] = [
  /\bxai-[A-Za-z0-9_-]{20,}/,
  /\bsk-[A-Za-z0-9_-]{20,}/,
  /\b(ghp|gho|npm)_[A-Za-z0-9]{20,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /_authToken\s*=/,
];

/** Names only: what was found is not shown. */
function filesWithSecrets(files: ReadonlyMap<string, string>, root: string): readonly string[] {
  const key = process.env.XAI_API_KEY ?? "";
  const isBad = (text: string): boolean =>
    SECRETS.some((secret) => secret.test(text)) || text.includes(root) || (key !== "" && text.includes(key));
  return [...files].filter(([, text]) => isBad(text)).map(([name]) => name);
}
