// Reads the beginning of an endless answer and then no more; says what it holds once the server had to stop.
import { createAgent, createClient } from "fairwitness";
import { argument, heldBytes, report, toldToGoOn } from "./report.ts";

const { baseURL, how } = argument<{ baseURL: string; how: "events" | "batches" | "text" | "nothing" }>();
const model = createClient({ apiKey: "sim_k", baseURL }).model("grok-4.7");
const agent = createAgent({ name: "slow", model });

// What is loaded with the first request and stays is no part of what the reader holds.
await agent.run("warm up");
const base = await heldBytes();
const run = agent.stream("go");
const source: AsyncIterable<unknown> = how === "batches" || how === "text" ? run[how]() : run;
const iterator = source[Symbol.asyncIterator]();
if (how !== "nothing") for (let n = 0; n < 3; n += 1) await iterator.next();
await toldToGoOn();
const held = (await heldBytes()) - base;
const { status } = await run.cancel("enough");
report({ status, held });
