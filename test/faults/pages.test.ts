import { createAgent, createClient } from "fairwitness";
import { startSimulator } from "fairwitness/sim";
import { expect, test } from "vitest";
import { failureOf } from "../wire/support.ts";

const page = "<!DOCTYPE html><html><head><title>nginx</title></head><body>Bad gateway</body></html>";

test.each([502, 503, 504])(
  "%i with a page of HTML is tried again, and an error that stays has status and request id, and never the page (row 30)",
  async (status) => {
    const bad = { status, body: page };
    await using simulator = await startSimulator({ script: (_, n) => (n === 1 ? { text: "Sunny." } : bad) });
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const agent = createAgent({
      name: "t",
      model: client.model("grok-4.7"),
      retry: { baseMs: 0 },
    });
    const run = agent.stream("Lisbon?");
    expect(await run.result()).toMatchObject({ status: "completed", text: "Sunny." });
    const [retried] = run.record.filter((event) => event.type === "turn.retrying");
    expect(retried).toMatchObject({ error: { code: "server_error", status, requestId: "sim_req_0" } });
    const error = await failureOf(agent.run("Lisbon?"));
    expect(error).toMatchObject({ code: "server_error", retryable: true, attempts: 3 });
    expect(String(error)).toContain(`answered ${status}. `);
    expect(JSON.stringify([error, run.record])).not.toMatch(/nginx|gateway|<html/i);
  },
);
