// Stops a run in the middle of an answer, and says what is left open. Then it has nothing to do, and ends.
import { createAgent, createClient } from "fairwitness";
import { transportUnderTest } from "../../support/transport.ts";
import { argument, report } from "./report.ts";

const { baseURL, way } = argument<{ baseURL: string; way: "break" | "throw" | "cancel" | "abort" }>();
const controller = new AbortController();
const model = createClient({ apiKey: "sim_k", baseURL, transport: transportUnderTest() }).model("grok-4.7");
const run = createAgent({ name: "child", model }).stream("go", { signal: controller.signal });
try {
  for await (const event of run) {
    if (event.type !== "text.delta") continue;
    if (way === "break") break;
    if (way === "throw") throw new Error("mine");
    if (way === "cancel") void run.cancel();
    if (way === "abort") controller.abort();
  }
} catch (error) {
  if (way !== "throw") throw error;
}
const { status } = await run.result();
const left = (): string[] => process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|File)/.test(name));
// The system needs a few rounds to close a socket. Not a wait by the clock: a timer would be one of what is left.
let rounds = 0;
while (left().length > 0 && rounds < 1000) {
  await new Promise((resolve) => setImmediate(resolve));
  rounds += 1;
}
report({ status, left: left() });
