import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Who may import whom (DESIGN, section 5). `clock`, `own` and `digest` stand beside `errors`: they import nothing. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  clock: [],
  own: [],
  digest: [],
  message: ["errors"],
  event: ["message", "errors", "digest"],
  wire: ["errors", "clock", "own"],
  tool: ["message", "event", "errors", "clock", "own"],
  journal: ["message", "event", "errors", "clock"],
  model: ["message", "wire", "tool", "errors", "clock"],
  client: ["model", "wire", "message", "errors", "clock", "own"],
  output: ["message", "tool", "errors"],
  loop: ["message", "event", "tool", "output", "journal", "model", "errors", "clock", "digest"],
  store: ["message", "event", "errors", "digest"],
  resume: ["message", "event", "tool", "store", "loop", "model", "errors", "clock", "own", "digest"],
  cli: ["message", "event", "store", "tool", "resume", "errors", "digest", "index"],
  agent: [
    "message",
    "event",
    "wire",
    "tool",
    "output",
    "store",
    "journal",
    "model",
    "client",
    "loop",
    "resume",
    "errors",
    "clock",
    "own",
    "digest",
  ],
  sim: ["wire", "errors"],
  cassette: ["wire", "errors", "clock"],
  testing: ["message", "event", "tool", "journal", "agent", "client", "model", "sim", "cassette", "errors"],
  index: [
    "message",
    "event",
    "wire",
    "tool",
    "output",
    "store",
    "journal",
    "model",
    "client",
    "loop",
    "resume",
    "agent",
    "errors",
    "clock",
  ],
};

/** Folders of which only types may be imported, by whom. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  model: ["tool"],
  loop: ["model"],
  sim: ["wire"],
  testing: ["model"],
};

interface Import {
  from: string;
  specifier: string;
  isType: boolean;
}

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map((match) => ({
    from: file,
    specifier: match[2] ?? match[3] ?? "",
    isType: match[1] !== undefined,
  }));
}

/** The concept a file of src belongs to: its folder, or its own name at the top. `agent-…` is part of `agent`. */
function conceptOf(file: string): string {
  const path = relative("src", file);
  const [first = ""] = path.split("/");
  return first.endsWith(".ts") ? first.replace(/(-[a-z]+)?\.ts$/, "") : first;
}

/** What package.json says under `imports`: a file for each condition. */
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  imports: Record<string, { "fairwitness-dev": Record<string, string> }>;
};

const imports = sources.flatMap((file) => importsOf(join("src", file)));
const inside = imports.flatMap((found) => {
  const { from, specifier } = found;
  if (specifier.startsWith(".")) return [{ ...found, to: normalize(join(dirname(from), specifier)) }];
  const files = Object.values(manifest.imports[specifier]?.["fairwitness-dev"] ?? {});
  return files.map((file) => ({ ...found, to: normalize(file) }));
});

describe("the source", () => {
  it("was found", () => {
    expect(inside.length).toBeGreaterThan(100);
    expect(inside.filter(({ specifier }) => specifier === "#transport").map(({ to }) => to)).toEqual([
      "src/wire/default-node.ts",
      "src/wire/default-fetch.ts",
    ]);
  });

  it("imports only what the table allows", () => {
    const wrong = inside.filter(({ from, to }) => {
      const [importer, imported] = [conceptOf(from), conceptOf(to)];
      return importer !== imported && !TABLE[importer]?.includes(imported);
    });
    expect(wrong).toEqual([]);
  });

  it("imports only types where the table says types", () => {
    const wrong = inside.filter(
      ({ from, to, isType }) => !isType && TYPES_ONLY[conceptOf(from)]?.includes(conceptOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  it("goes through the doors of other folders", () => {
    const wrong = inside.filter(({ from, to }) => {
      if (conceptOf(from) === conceptOf(to)) return false;
      return (
        !to.endsWith("/index.ts") &&
        ![
          "src/errors.ts",
          "src/clock.ts",
          "src/own.ts",
          "src/digest.ts",
          "src/agent.ts",
          "src/agent-options.ts",
        ].includes(to)
      );
    });
    expect(wrong).toEqual([]);
  });

  it("has no cycle between files", () => {
    const edges = new Map<string, string[]>();
    for (const { from, to } of inside) edges.set(from, [...(edges.get(from) ?? []), to]);
    expect(findCycle(edges)).toEqual([]);
  });

  it("has no door that re-exports everything", () => {
    const wrong = sources.filter((file) =>
      /export (type )?\* from/.test(readFileSync(join(root, "src", file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });

  it("has no file over 300 lines", () => {
    const long = sources.filter((file) => readFileSync(join(root, "src", file), "utf8").split("\n").length > 301);
    expect(long).toEqual([]);
  });

  it("imports ready-made tools and examples from the package's name alone", () => {
    const files = ["tools", "examples"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(folder, file)),
    );
    const wrong = files.flatMap(importsOf).filter(({ from, specifier }) => {
      if (!specifier.startsWith(".")) return false;
      return !normalize(join(dirname(from), specifier)).startsWith(from.split("/")[0] ?? "");
    });
    expect(wrong).toEqual([]);
  });
});

/** The first cycle of imports, as the files it goes through; empty when there is none. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of edges.keys()) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
