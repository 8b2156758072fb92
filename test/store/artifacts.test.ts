import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { ArtifactStore } from "../../src/event/index.ts";
import { createFileStore, createMemoryArtifacts, createMemoryStore, createSqliteStore } from "../../src/store/index.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-artifacts-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`, ".fairwitness");
const bytes = new TextEncoder().encode("what a tool gave out");
const hash = createHash("sha256").update(bytes).digest("hex");

describe.each<[string, () => ArtifactStore]>([
  ["in files", () => createFileStore(freshFolder()).artifacts],
  ["in memory", () => createMemoryStore().artifacts],
  ["in SQLite", () => createSqliteStore(join(freshFolder(), "runs.sqlite")).artifacts],
  ["in bounded memory", () => createMemoryArtifacts()],
])("artifacts %s", (_name, create) => {
  test("come back by their hash, byte for byte", async () => {
    const artifacts = create();
    expect(await artifacts.put(bytes, "text/plain")).toEqual({
      sha256: hash,
      bytes: bytes.length,
      mediaType: "text/plain",
    });
    expect(await artifacts.get(hash)).toEqual(bytes);
  });

  test("of the same bytes are one, also when they are put at once", async () => {
    const artifacts = create();
    const put = await Promise.all([1, 2, 3].map(() => artifacts.put(bytes, "text/plain")));
    expect(new Set(put.map(({ sha256 }) => sha256))).toEqual(new Set([hash]));
    expect(await artifacts.get(hash)).toEqual(bytes);
  });

  test("may be empty", async () => {
    const artifacts = create();
    const { sha256 } = await artifacts.put(new Uint8Array(), "application/octet-stream");
    expect(await artifacts.get(sha256)).toEqual(new Uint8Array());
  });

  test("do not change with what came back", async () => {
    const artifacts = create();
    await artifacts.put(bytes, "text/plain");
    (await artifacts.get(hash)).fill(0);
    expect(await artifacts.get(hash)).toEqual(bytes);
  });

  test("that are not there are said not to be", async () => {
    await expect(create().get("0".repeat(64))).rejects.toMatchObject({ code: "not_found" });
  });

  test.each(["", "../../etc/passwd", hash.toUpperCase(), `${hash}/..`, `${hash}\n`, "0".repeat(63)])(
    "are not asked for by %j",
    async (sha256) => {
      await expect(create().get(sha256)).rejects.toMatchObject({ code: "invalid_option" });
    },
  );
});

describe("artifacts in files", () => {
  test("stand under their hash, beside a .gitignore, with nothing unfinished left", async () => {
    const folder = freshFolder();
    await createFileStore(folder).artifacts.put(bytes, "text/plain");
    expect(readdirSync(join(folder, "artifacts"))).toEqual([hash]);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
  });

  test("are made again where a file was cut, and refused where one was changed", async () => {
    const folder = freshFolder();
    const { artifacts } = createFileStore(folder);
    mkdirSync(join(folder, "artifacts"), { recursive: true });
    writeFileSync(join(folder, "artifacts", hash), bytes.subarray(0, 5));
    await artifacts.put(bytes, "text/plain");
    expect(await artifacts.get(hash)).toEqual(bytes);
    writeFileSync(join(folder, "artifacts", hash), "somebody else's text");
    await expect(artifacts.get(hash)).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining("was changed"),
    });
  });

  test("that cannot be written are a typed error, and leave nothing behind", async () => {
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "artifacts"), "a file where the folder is to be");
    await expect(createFileStore(folder).artifacts.put(bytes, "text/plain")).rejects.toMatchObject({
      code: "store_failed",
    });
    expect(existsSync(join(folder, "artifacts", hash))).toBe(false);
    const other = freshFolder();
    mkdirSync(join(other, "artifacts", hash), { recursive: true }); // written, and then it cannot have its name
    await expect(createFileStore(other).artifacts.put(bytes, "text/plain")).rejects.toMatchObject({
      code: "store_failed",
    });
    expect(readdirSync(join(other, "artifacts"))).toEqual([hash]);
  });
});

describe("artifacts in bounded memory", () => {
  test("that do not fit any more are dropped, and say so; what was kept stays", async () => {
    const artifacts = createMemoryArtifacts({ maxBytes: 30 });
    await artifacts.put(bytes, "text/plain");
    const more = await artifacts.put(new Uint8Array(20), "application/octet-stream");
    expect(more).toMatchObject({ dropped: true, bytes: 20 });
    await expect(artifacts.get(more.sha256)).rejects.toMatchObject({ code: "not_found" });
    expect(await artifacts.put(bytes, "text/plain")).not.toHaveProperty("dropped");
    expect(await artifacts.get(hash)).toEqual(bytes);
  });
});
