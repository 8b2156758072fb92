import { getEventListeners } from "node:events";
import { createAgent, defineTool } from "fairwitness";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startChild } from "../support/child.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";
import { until } from "../support/until.ts";
import { beginText, watchedServer } from "../support/watched-server.ts";

describe("one AbortSignal", () => {
  it("shared by 10,000 runs has no listener left when they have ended, however they ended (row 90)", async () => {
    const noop = defineTool({ name: "noop", description: "d", input: z.object({}), execute: () => 1 });
    const call: ScriptedAttempt = { calls: [{ tool: "noop", arguments: "{}" }] };
    const endings: readonly (readonly ScriptedAttempt[])[] = [
      [{ text: "done" }],
      [call, { text: "done" }],
      [{ text: "cut", finishReason: "length" }],
      [{ text: "left", hang: true }],
    ];
    const controller = new AbortController();
    const clock = fakeClock();
    let most = 0;
    const one = async (n: number): Promise<string> => {
      const model = scriptedModel(endings[n % endings.length] ?? []);
      const run = createAgent({ name: "t", model, tools: [noop], runtime: { clock } }).stream("go", {
        signal: controller.signal,
      });
      most = Math.max(most, getEventListeners(controller.signal, "abort").length);
      if (n % endings.length === 3) for await (const event of run) if (event.type === "text.delta") break;
      return (await run.result()).status;
    };
    const seen = new Set<string>();
    for (let n = 0; n < 10_000; n += 100) {
      const hundred = Array.from({ length: 100 }, (_, k) => one(n + k));
      for (const status of await Promise.all(hundred)) seen.add(status);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
    expect([...seen].sort()).toEqual(["cancelled", "completed", "failed"]);
    expect({ most, timers: clock.waiting }).toEqual({ most: 100, timers: 0 });
  });
});

describe("a program whose run is stopped in the middle of an answer", () => {
  it.each(["break", "throw", "cancel", "abort"])(
    "by %s has no socket and no timer left, and ends by itself (rows 84, 85, 88)",
    async (way) => {
      await using server = await watchedServer((response) => beginText(response));
      const child = startChild("stopped", { baseURL: server.url, way });
      await until(() => server.requests === 1);
      expect(await child.ended).toEqual({ code: 0, errors: "", out: { status: "cancelled", left: [] } });
      expect(server.open).toBe(0);
    },
  );
});
