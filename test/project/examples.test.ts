// The examples whose processes end in the middle are interrupted too, where nobody sits at a terminal.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "./readme-text.ts";

const folder = mkdtempSync(join(tmpdir(), "fairwitness-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs an example in the folder; when it prints `interruptAt`, it is told to stop as Ctrl-C does. */
function example(name: string, interruptAt?: string): Promise<{ code: number | null; out: string }> {
  const options = ["--import", join(root, "node_modules", "tsx", "dist", "loader.mjs"), "--conditions=fairwitness-dev"];
  const child = spawn(process.execPath, [...options, join(root, "examples", `${name}.ts`)], {
    cwd: folder,
    env: { ...process.env, XAI_API_KEY: "", XAI_BASE_URL: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let isInterrupted = false;
  const take = (text: string): void => {
    out += text;
    if (interruptAt === undefined || isInterrupted || !out.includes(interruptAt)) return;
    isInterrupted = true;
    child.kill("SIGINT");
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out })));
}

const booked = (name: string): readonly string[] =>
  readFileSync(join(folder, ".fairwitness", "examples", `${name}.jsonl`), "utf8")
    .trimEnd()
    .split("\n");

describe("an example that is interrupted", () => {
  it("while a refund waits, goes on with it in the next start, and the refund happens once", async () => {
    const first = await example("approval", "Nobody sits at a terminal");
    expect(first).toMatchObject({ code: 130, out: expect.stringContaining("start this again") });
    const second = await example("approval");
    expect(second.out).toMatch(/^An earlier start left run_/);
    expect(second.out).toContain("The bank's books have 1 refund(s) of this run");
    expect(second.code).toBe(0);
    expect(booked("bank")).toHaveLength(1);
  }, 120_000);

  it("in the first or in the last process, goes on from the record, and each invoice is sent once", async () => {
    const first = await example("resume", "turn 1\n");
    expect(first).toMatchObject({ code: 130, out: expect.stringContaining("start this again") });
    const second = await example("resume", "turn 3\n");
    expect(second.out).toMatch(/^An earlier start left run_/);
    const third = await example("resume");
    expect(third).toMatchObject({
      code: 0,
      out: expect.stringContaining("The mail service has sent: an invoice to Ana"),
    });
    expect(new Set(booked("mail")).size).toBe(booked("mail").length);
  }, 120_000);
});
