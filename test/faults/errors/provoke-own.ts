import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, createClient, defineTool, type Message, parseRecord, webSearch } from "fairwitness";
import { createFileStore, createMemoryStore } from "fairwitness/store";
import { record, replay } from "fairwitness/testing";
import { z } from "zod";
import { scriptedModel } from "../../support/scripted-model.ts";
import { replay as answering, bytes, failureOf } from "../../wire/support.ts";
import type { Provoke } from "./provoke-server.ts";

const question = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;

/** What is thrown at once by what a program wrote. */
const thrown = (write: () => unknown): Provoke => {
  return () => failureOf((async () => write())());
};

const tool = (name: string) =>
  defineTool({ name, description: "Looks.", input: z.object({ city: z.string() }), execute: () => 1 });

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "fairwitness-errors-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const OWN: Readonly<Record<string, Provoke>> = {
  // As: what a program without types, or one that came from elsewhere, writes.
  "An option that is none": thrown(() => createClient({ maxRetries: 2 } as object)),
  "A message that is none": thrown(() =>
    createAgent({ name: "t", model: "grok-4.7" }).stream([{ role: "user" } as Message]),
  ),
  "A tool that is none": thrown(() => tool("get weather")),
  "A schema that cannot be sent": thrown(() =>
    defineTool({ name: "when", description: "Takes a date.", input: z.object({ at: z.date() }), execute: () => 1 }),
  ),
  "A private tool beside searches at xAI": thrown(() =>
    createAgent({ name: "t", model: "grok-4.7", tools: [{ ...tool("secrets"), private: true }, webSearch()] }),
  ),
  "Two tools of one name": thrown(() => createAgent({ name: "t", model: "grok-4.7", tools: [tool("a"), tool("a")] })),
  "A setting that the model refuses": thrown(() => createClient().model("grok-4.7", { stop: ["."] })),
  "No key is set": () => failureOf(createClient({ apiKey: "" }).models.list()),
  "A base URL that is none": thrown(() => createClient({ baseURL: "api.x.ai/v1" })),
  "A base URL without https": thrown(() => createClient({ baseURL: "http://api.example/v1" })),
  "A run is read twice": thrown(async () => {
    const run = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]) }).stream("Lisbon?");
    for await (const _ of run);
    for await (const _ of run);
  }),
  "Text was handed out and turned out to be void": thrown(async () => {
    const model = scriptedModel([{ text: "One two", cut: true }, { text: "Another answer" }]);
    const agent = createAgent({ name: "t", model, runtime: { random: () => 0 } });
    for await (const _ of agent.stream("Lisbon?").text());
  }),
  "A record that cannot be read": thrown(() => parseRecord("not JSON\n")),
  "A record of a later fairwitness": thrown(() =>
    parseRecord('{"seq":0,"type":"run.started","runId":"run_1","version":2}\n'),
  ),
  "A run that is not there": () => inFolder((folder) => failureOf(createFileStore(folder).read("run_9"))),
  "The store cannot take an event": () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "taken"), "a file where the folder is to be");
      const store = createFileStore(join(folder, "taken"));
      const agent = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]), store });
      return await failureOf(agent.run("Lisbon?"));
    }),
  "Events that do not follow": thrown(() =>
    createMemoryStore().append("run_1", [
      { type: "run.completed", seq: 5, runId: "run_1", turn: 1, at: 0, text: "Sunny." },
    ]),
  ),
  "Somebody else holds the run": thrown(async () => {
    const store = createMemoryStore();
    await store.lease("run_1", { owner: "a", ttlMs: 60_000 });
    await store.lease("run_1", { owner: "b", ttlMs: 60_000 });
  }),
  "A lease has ended": thrown(async () => {
    const lease = await createMemoryStore().lease("run_1", { owner: "a", ttlMs: 60_000 });
    await lease.release();
    await lease.renew();
  }),
  "A replay is asked something else": () =>
    inFolder(async (folder) => {
      const dir = join(folder, "tape");
      mkdirSync(dir);
      const answer = '{"object":"list","data":[]}';
      const transport = record(dir, {
        transport: answering([bytes(answer)], { headers: { "content-type": "application/json" } }),
      });
      await createClient({ apiKey: "sim_key", transport }).models.list();
      await transport.written();
      const client = createClient({ apiKey: "sim_key", transport: replay(dir) });
      return await failureOf(client.chat.completions.create(question));
    }),
  "A mistake of ours, or of a model or transport of yours": async () => {
    const model = { ...scriptedModel([]), stream: () => JSON.parse("not JSON") };
    return await failureOf(createAgent({ name: "t", model }).run("Lisbon?"));
  },
};
