import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { isOwnerGone, processOwner } from "../../src/store/index.ts";
import { STORES, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-owner-"));
afterAll(() => rmSync(home, { recursive: true }));

/** A process that has named itself; killed and gone when asked. */
async function otherProcess(): Promise<{ owner: string; kill: () => Promise<void> }> {
  const file = fileURLToPath(new URL("../../src/store/owner.ts", import.meta.url));
  const code = `import(${JSON.stringify(file)}).then(({ processOwner }) => console.log(processOwner())); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const [bytes] = (await once(child.stdout, "data")) as [Buffer]; // what a stream without an encoding gives out
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await once(child, "close");
  };
  return { owner: bytes.toString().trim(), kill };
}

test("a process names itself in the same words each time, and other processes in others", async () => {
  const other = await otherProcess();
  try {
    expect(processOwner()).toBe(processOwner());
    expect(processOwner()).toContain(`:${process.pid}:`);
    expect(processOwner().length).toBeLessThanOrEqual(200);
    expect(other.owner).not.toBe(processOwner());
  } finally {
    await other.kill();
  }
});

test("a process is gone once it is dead, and not before", async () => {
  const other = await otherProcess();
  expect(isOwnerGone(other.owner)).toBe(false);
  await other.kill();
  expect(isOwnerGone(other.owner)).toBe(true);
  expect(isOwnerGone(processOwner())).toBe(false);
});

test("an owner of which that cannot be known is not gone", async () => {
  const { owner, kill } = await otherProcess();
  await kill();
  const [host, pid, place, id] = owner.split(":");
  for (const unknown of [
    `elsewhere:${pid}:${place}:${id}`,
    `${host}:${pid}:another-boot.1:${id}`,
    `${host}:${process.pid}:${place}:${id}`, // its id was given to another process since
    `${host}:1:${place}:${id}`,
    `${host}:-1:${place}:${id}`,
    `${host}:0:${place}:${id}`,
    `${host}:${pid}x:${place}:${id}`,
    `${host}:${pid}:${place}`,
    `${owner}:more`,
    "worker 7",
    "",
  ]) {
    expect(isOwnerGone(unknown), unknown).toBe(false);
  }
});

test.each(STORES)("the lease of a process that was killed is taken over at once in a store %s", async (name, open) => {
  const store = open(join(home, name));
  const { owner, kill } = await otherProcess();
  await store.lease("run_1", { owner, ttlMs: 60_000 });
  const asked = { owner: processOwner(), ttlMs: 60_000, isGone: isOwnerGone };
  await expect(store.lease("run_1", asked)).rejects.toMatchObject({ code: "run_locked", owner });
  await kill();
  const lease = await store.lease("run_1", asked);
  store.append("run_1", [started("run_1")], { epoch: lease.epoch });
  // Two runs of one process keep each other out as any two do.
  await expect(store.lease("run_1", asked)).rejects.toMatchObject({ code: "run_locked", owner: processOwner() });
});

test("where there is no Node an owner is a random id, and none is known to be gone", async () => {
  vi.resetModules();
  vi.stubGlobal("process", undefined);
  try {
    const { isOwnerGone: isGone, processOwner: ownerOf } = await import("../../src/store/index.ts");
    expect(ownerOf()).toMatch(/^[0-9a-f-]{36}$/);
    expect(ownerOf()).toBe(ownerOf());
    expect(isGone("host:999999:linux:id")).toBe(false);
  } finally {
    vi.unstubAllGlobals();
  }
});
