import { type Contender, type Done, QUESTION } from "../work.ts";
import { countingAgent } from "./fairwitness-agent.ts";

/** fairwitness, every event seen, in the arrays they arrive in. */
export const contender: Contender = (workload, baseURL) => {
  const { agent, done, reset } = countingAgent(workload, baseURL);
  return async (): Promise<Done> => {
    reset();
    const run = agent.stream(QUESTION);
    let textChunks = 0;
    for await (const events of run.batches()) {
      for (const event of events) if (event.type === "text.delta") textChunks += 1;
    }
    const result = await run.result();
    if (result.status !== "completed") throw new Error(`The run ended as ${result.status}.`);
    return { ...done, textChunks, text: result.text };
  };
};
