// Asks each server one question, and ends by itself: nothing here closes a client. Says what came of it, and what was still held
// when there was nothing more to do.
import { AgentError, createAgent, createClient } from "fairwitness";
import { transportUnderTest } from "../../support/transport.ts";
import { argument, report } from "./report.ts";

const { baseURLs, key } = argument<{ baseURLs: readonly string[]; key: string }>();
const outcomes: object[] = [];

for (const baseURL of baseURLs) {
  const client = createClient({ apiKey: key, baseURL, retry: { attempts: 1 }, transport: transportUnderTest() });
  try {
    const { choices } = await client.chat.completions.create({
      model: "grok-4.7",
      messages: [{ role: "user", content: "?" }],
    });
    const agent = createAgent({ name: "child", model: client.model("grok-4.7"), retry: { attempts: 1 } });
    const { text } = await agent.run("?");
    outcomes.push({ text, first: choices[0]?.message.content });
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    outcomes.push({ code: error.code, message: error.message, retryable: error.retryable });
  }
}

const began = performance.now();
process.once("exit", () => {
  // The pipes that a parent reads are no work of ours.
  const held = process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap)$/.test(name));
  report({ outcomes, held, idleMs: performance.now() - began });
});
