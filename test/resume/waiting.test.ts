import { createAgent, createClient } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { expect, it } from "vitest";
import { until } from "../support/until.ts";
import { answerCalls, answerText, watchedServer } from "../support/watched-server.ts";
import { effects } from "./support.ts";

it("runs that wait for a person hold no place at the model, in the process or out of it (row 109)", async () => {
  const waiting = 20;
  await using server = await watchedServer((response, n) => {
    if (n < waiting) answerCalls(response, "pay");
    else answerText(response);
  });
  const model = createClient({ apiKey: "sim_key", baseURL: server.url, maxInFlight: 1 }).model("grok-4.7");
  const pay = effects("pay", { approval: true });
  const agent = createAgent({ name: "t", model, tools: [pay.tool], store: createMemoryStore() });
  const runs = Array.from({ length: waiting }, (_, n) =>
    agent.stream("go", { waiting: n % 2 === 0 ? "stay" : "leave" }),
  );
  const results = runs.map((run) => run.result());
  const asked = (): number =>
    runs.filter(({ record }) => record.some(({ type }) => type === "tool.approval.requested")).length;
  await until(() => asked() === waiting);
  expect((await agent.run("And me?")).text).toBe("done");
  expect(server.requests).toBe(waiting + 1);

  for (const [n, run] of runs.entries()) {
    await agent.resolveApproval(run.id, "call_0", { approve: true });
    if (n % 2 === 1) await (await agent.resume(run.id)).result();
  }
  const statuses = (await Promise.all(results)).map(({ status }) => status);
  expect(statuses).toEqual(runs.map((_, n) => (n % 2 === 0 ? "completed" : "paused")));
  expect(pay.given).toHaveLength(waiting);
});
