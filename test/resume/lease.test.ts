import { createAgent } from "fairwitness";
import { createMemoryStore, type LocalStore } from "fairwitness/store";
import { describe, expect, it } from "vitest";
import { leaseLost } from "../../src/store/lease.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { call } from "../support/play.ts";
import { until } from "../support/until.ts";
import { effects, readAll, says, typesOf } from "./support.ts";

/** A store in which somebody else has come to have the conversation, when its lease is renewed. */
function losingConversations(store: LocalStore): LocalStore {
  return {
    ...store,
    async lease(name, options) {
      const lease = await store.lease(name, options);
      if (!name.startsWith("conversation_")) return lease;
      return { ...lease, renew: () => Promise.reject(leaseLost(name, lease.epoch)), release: () => lease.release() };
    },
  };
}

describe("a process that has lost its run", () => {
  it("puts no word on its calls any more: whoever has the run now carries them out (row 97)", async () => {
    const store = createMemoryStore();
    const clock = fakeClock();
    let begun = 0;
    const execute = (_: unknown, { signal }: { signal: AbortSignal }): Promise<string> => {
      begun += 1;
      return begun === 1
        ? new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve("found");
    };
    const look = effects("look", { effect: "read", execute });
    const options = { name: "t", tools: [look.tool], leaseMs: 300 };
    const lost = createAgent({
      ...options,
      model: says({ calls: [call("look")] }),
      store: losingConversations(store),
      runtime: { clock },
    });
    const run = lost.stream("go", { conversation: "c" });
    const result = run.result();
    await until(() => begun === 1);
    await clock.pass(100);
    expect(await result).toMatchObject({ status: "failed", error: { code: "lease_lost" } });
    const { events } = await store.read(run.id);
    expect(typesOf(events).at(-1)).toBe("tool.executing");

    const other = await createAgent({ ...options, model: says(), store }).resume(run.id);
    await readAll(other);
    expect(await other.result()).toMatchObject({
      status: "completed",
      toolCalls: [{ outcome: "ok", output: "found" }],
    });
  });
});
