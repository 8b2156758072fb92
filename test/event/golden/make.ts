// Makes a golden record with the code that it stands in: node --conditions=fairwitness-dev test/event/golden/make.ts v1
// v0 was made so at the commit 510a76e, in a worktree of it. A record that is here is never made again: what once was written must be
// read for ever. A new version gets a new one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, defineTool, foldResult, webSearch } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { startScript } from "fairwitness/testing";
import { z } from "zod";

const [, , name = "golden"] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "fairwitness-golden-"));
const store = createFileStore(folder);
let ids = 0;

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, celsius: 20 }),
});
const sendMail = defineTool({
  name: "send_mail",
  description: "Sends a mail.",
  input: z.object({ to: z.string(), text: z.string() }),
  effect: "write",
  execute: ({ to }) => `sent to ${to}`,
});

await using simulator = await startScript([
  {
    reasoning: "I look first.",
    serverTools: [{ kind: "web_search", input: { query: "weather Oslo" }, sources: ["https://example.com/oslo"] }],
    toolCalls: [
      { name: "get_weather", arguments: { city: "Oslo" } },
      { name: "get_weather", arguments: { town: "Oslo" } },
    ],
  },
  { toolCalls: [{ name: "send_mail", arguments: { to: "ada@example.com", text: "20 °C" } }] },
  {
    text: "It is 20 °C in Oslo [[1]](https://example.com/oslo), and Ada knows.",
    citations: [{ url: "https://example.com/oslo" }],
  },
]);
const agent = createAgent({
  name: "golden",
  instructions: "Be brief.",
  model: simulator.model(),
  tools: [getWeather, sendMail, webSearch()],
  store,
  runtime: { createId: () => `${++ids}` },
});

// From v1 on the mail waits for somebody: the search has tainted the run.
let result = await agent.run("Write to Ada how the weather is in Oslo.", { conversation: "weather", reject: false });
if (result.status === "paused") {
  const [waiting] = result.waiting;
  await agent.resolveApproval(result.runId, waiting?.callId ?? "", { approve: true, by: "Grace" });
  result = await (await agent.resume(result.runId)).result();
}
const { events } = await store.read(result.runId);
writeFileSync(new URL(`${name}.jsonl`, import.meta.url), readFileSync(join(folder, "runs", `${result.runId}.jsonl`)));
writeFileSync(new URL(`${name}.result.json`, import.meta.url), `${JSON.stringify(foldResult(events), null, 2)}\n`);
console.log(`${result.status}: ${events.length} events`);
rmSync(folder, { recursive: true });
