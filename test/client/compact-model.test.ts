// Over real HTTP, against the simulator.
import { expect, test } from "vitest";
import { type ClientOptions, createClient } from "../../src/client/index.ts";
import type { CompactedConversation, Model, ModelEvent } from "../../src/model/index.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/sim/index.ts";
import { failureOf } from "../wire/support.ts";

const messages = [{ role: "user", content: "Is the harbour open?" }] as const;
const never = new AbortController().signal;

async function withModel<T>(
  run: (model: Model, simulator: Simulator) => Promise<T>,
  { sim = {}, client = {} }: { sim?: SimulatorOptions; client?: ClientOptions } = {},
): Promise<T> {
  await using simulator = await startSimulator({ script: () => ({ text: "Yes." }), ...sim });
  const { apiKey, url } = simulator;
  return await run(createClient({ apiKey, baseURL: url, ...client }).model("grok-4.7"), simulator);
}

async function compact(
  model: Model,
  onEvents?: (events: readonly ModelEvent[]) => void,
): Promise<CompactedConversation> {
  if (model.compact === undefined) throw new Error("the model does not compact");
  return model.compact({ messages, ...(onEvents === undefined ? {} : { onEvents }) }, never);
}

test("a client's model makes a conversation short unless it is made for another protocol", async () => {
  const client = createClient({ apiKey: "sim_key" });
  const makes = (["auto", "responses", "chat", "messages"] as const).map(
    (api) => client.model("grok-4.7", { api }).compact !== undefined,
  );
  expect(makes).toEqual([true, true, false, false]);
  expect(client.chainedModel("grok-4.7").compact).toBeDefined();
  await withModel(async (model) => expect((await compact(model)).messages).toHaveLength(1));
});

test("it waits for its turn like any request, and what the client does is told as it happens", async () => {
  const told: ModelEvent[] = [];
  await withModel(
    async (model) => {
      const both = [1, 2].map(() => compact(model, (events) => void told.push(...events)));
      await Promise.all(both);
      expect(told.map((event) => (event.type === "protection" ? event.action : event.type))).toEqual([
        "queued",
        "admitted",
      ]);
    },
    { client: { maxInFlight: 1 } },
  );
});

test("failures open the circuit, and what is refused by it is told too", async () => {
  const told: ModelEvent[] = [];
  const onEvents = (events: readonly ModelEvent[]): void => void told.push(...events);
  await withModel(
    async (model, simulator) => {
      for (const _ of [1, 2]) expect(await failureOf(compact(model, onEvents))).toMatchObject({ status: 500 });
      expect(await failureOf(compact(model, onEvents))).toMatchObject({ code: "circuit_open" });
      expect(simulator.requests).toHaveLength(2);
      const acts = told.flatMap((event) => (event.type === "protection" ? [event.action] : []));
      expect(acts).toEqual(["breaker.opened", "breaker.refused"]);
    },
    { sim: { refuseCompactions: [500, 500] }, client: { protect: { breaker: { failures: 2 } } } },
  );
});

test("the log has a line for it", async () => {
  const lines: string[] = [];
  await withModel(
    async (model) => {
      await compact(model);
      expect(lines).toMatchObject([expect.stringMatching(/POST \/responses\/compact 200, request sim_req_0, \d+ ms/)]);
    },
    { client: { log: (line) => void lines.push(line) } },
  );
});
