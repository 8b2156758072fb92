import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));

const manifest = z
  .object({ scripts: z.record(z.string(), z.string()), dependencies: z.record(z.string(), z.string()) })
  .parse(read("package.json"));

/** What the lockfile pins, by its place in node_modules; the project itself left out. */
const pinned = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string(),
        integrity: z.string().optional(),
        resolved: z.string().optional(),
        hasInstallScript: z.boolean().optional(),
        dev: z.boolean().optional(),
        devOptional: z.boolean().optional(),
        optional: z.boolean().optional(),
      }),
    ),
  })
  .transform(({ packages }) => Object.entries(packages).filter(([place]) => place !== ""))
  .parse(read("package-lock.json"));

/** What npm runs by itself when a package is installed, packed or published. @see npm's documentation of scripts */
const LIFECYCLE =
  /^(pre|post)?(install|prepare|publish|pack|shrinkwrap|uninstall|version)$|^prepublishOnly$|^(pre|post)?dependencies$/;

describe("the package", () => {
  test("has no script that npm runs by itself (row 141)", () => {
    expect(Object.keys(manifest.scripts).filter((name) => LIFECYCLE.test(name))).toEqual([]);
    // Neither around a script of ours: `pretest` would run with `test`.
    const around = Object.keys(manifest.scripts).filter((name) => /^(pre|post)/.test(name));
    expect(around.filter((name) => Object.hasOwn(manifest.scripts, name.replace(/^(pre|post)/, "")))).toEqual([]);
  });

  test("brings along these packages and no others, none of which runs a script (row 141)", () => {
    const brought = pinned.filter(([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional);
    expect(brought.map(([place]) => place.replace(/^node_modules\//, "")).sort()).toEqual([
      "@cfworker/json-schema",
      "@standard-schema/spec",
      "cockatiel",
      "eventsource-parser",
      "is-network-error",
      "p-retry",
      "undici",
      "zod",
      "zod-to-json-schema",
    ]);
    expect(brought.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });
});

describe("the lockfile", () => {
  test("pins every package by its content, from wherever it is fetched (row 141)", () => {
    expect(pinned.length).toBeGreaterThan(50);
    expect(pinned.filter(([, { integrity }]) => integrity?.startsWith("sha512-") !== true)).toEqual([]);
    expect(pinned.filter(([, { version }]) => !/^\d+\.\d+\.\d+/.test(version))).toEqual([]);
    expect(pinned.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://"))).toEqual([]);
  });

  test("holds two packages with scripts, both for this repository alone: `npm ci --ignore-scripts` does without them (row 141)", () => {
    // node: a Node for machines whose own is too old. esbuild: checks that its program fits the machine.
    const scripted = pinned.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.map(([place, { dev }]) => [place, dev])).toEqual([
      ["node_modules/esbuild", true],
      ["node_modules/node", true],
    ]);
  });
});
