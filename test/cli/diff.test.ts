// `runs diff` over two records: what a person sees, what a program reads, and the exit codes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, defineTool, diffRuns } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { startScript } from "fairwitness/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { fairwitness, inProcess, type Said } from "./command.ts";

const dir = mkdtempSync(join(tmpdir(), "fairwitness-cli-diff-"));
afterAll(() => rmSync(dir, { recursive: true }));
const store = createFileStore(dir);
let first: string;
let second: string;

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, sky: "clear\u001b[31m" }),
});

/** An experiment: the run is replayed with another model, which asks for something else and writes something else. */
beforeAll(async () => {
  const asks = (city: string) => ({ toolCalls: [{ name: "get_weather", arguments: { city } }] });
  await using xai = await startScript([
    asks("Lisbon"),
    { text: "Here it is.\nLisbon is clear.\nGood sailing!" },
    { ...asks("Porto\u202e"), usage: null },
    { text: "Here it is.\nI do not know.\nGood sailing!" },
  ]);
  const agent = createAgent({ name: "scout", model: xai.model(), tools: [getWeather], store });
  first = (await agent.run("How is the weather?")).runId;
  const run = await agent.replay(first, { tools: "recorded", model: xai.model("grok-4.6") });
  second = (await run.result()).runId;
});

const diff = (a: string, b: string, ...more: string[]): Promise<Said> =>
  inProcess(["runs", "diff", a, b, "--store", dir, ...more]);

test("shows turn by turn what one run did and the other did not, what is unknown as that, and exits with 1", async () => {
  const { code, out, err } = await diff(first, second);
  expect({ code, err }).toEqual({ code: 1, err: "" });
  for (const part of [
    `- ${first}\n  scout · grok-4.7 · `,
    `+ ${second}\n  scout · grok-4.6 · `,
    `  replays ${first}\nasked How is the weather?\n`,
    "start\n  model\n    - grok-4.7\n    + grok-4.6\n",
    'turn 1\n  here  get_weather  arguments\n    - {"city":"Lisbon"}\n    + {"city":"Porto\\u{202e}"}\n',
    "  here  get_weather  outcome\n    - ok\n    + error\n",
    '  here  get_weather  result\n    - {"city":"Lisbon","sky":"clear\\u001b[31m"}\n    + {"code":"not_recorded"',
    "  tokens\n    - ",
    " out\n    + unknown\n",
    "  text\n      Here it is.\n    - Lisbon is clear.\n    + I do not know.\n      Good sailing!\n",
    "end\n  models that answered\n    - grok-4.7\n    + grok-4.6\n",
    " differences\n",
  ]) {
    expect(out).toContain(part);
  }
  const { events: a } = await store.read(first);
  const { events: b } = await store.read(second);
  expect(out).toContain(`\n${diffRuns(a, b).length} differences\n`);
});

test("says that a run did the same as itself, and exits with 0", async () => {
  expect(await diff(first, first)).toMatchObject({ code: 0, out: expect.stringMatching(/\nno differences\n$/) });
  expect(await diff(first, first, "--json")).toEqual({ code: 0, out: "", err: "" });
});

test("prints the differences as data with --json, a line each", async () => {
  const { out, code } = await diff(first, second, "--json");
  const lines = out.trimEnd().split("\n");
  const { events: a } = await store.read(first);
  const { events: b } = await store.read(second);
  expect(code).toBe(1);
  expect(lines.map((line) => JSON.parse(line))).toEqual(diffRuns(a, b));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
});

test("exits with 2 where there is nothing to compare, since 1 says that they differ", async () => {
  const [missing, mistyped, process] = await Promise.all([
    diff(first, "run_none"),
    inProcess(["runs", "diff", first]),
    fairwitness(["runs", "diff", first, second, "--store", dir], { FORCE_COLOR: "1" }),
  ]);
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('There is no run "run_none"') });
  expect(mistyped.code).toBe(2);
  expect(process).toMatchObject({ code: 1, out: expect.stringContaining("\u001b[32m+ grok-4.6") });
});
