import type { RunEvent } from "fairwitness";
import { type Contender, type Done, QUESTION } from "../work.ts";
import { countingAgent } from "./fairwitness-agent.ts";

/** fairwitness, every event iterated one by one. */
export const contender: Contender = (workload, baseURL) => {
  const { agent, done, reset } = countingAgent(workload, baseURL);
  return async (): Promise<Done> => {
    reset();
    const run = agent.stream(QUESTION);
    let textChunks = 0;
    for await (const event of run) textChunks += count(event);
    const result = await run.result();
    if (result.status !== "completed") throw new Error(`The run ended as ${result.status}.`);
    return { ...done, textChunks, text: result.text };
  };
};

function count(event: RunEvent): number {
  return event.type === "text.delta" ? 1 : 0;
}
