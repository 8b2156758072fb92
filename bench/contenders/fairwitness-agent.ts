import { type Agent, createAgent, createClient, defineTool } from "fairwitness";
import { type Done, MODEL, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";
import type { Workload } from "../workloads.ts";

/** An agent as the README makes one, and what its tool has seen since `reset`. */
export interface CountingAgent {
  agent: Agent;
  done: Pick<Done, "toolsRun" | "placesSum">;
  reset(): void;
}

export function countingAgent(workload: Workload, baseURL: string): CountingAgent {
  const done = { toolsRun: 0, placesSum: 0 };
  const tool = defineTool({
    name: TOOL_NAME,
    description: TOOL_DESCRIPTION,
    input: toolInput,
    effect: "read",
    execute: (input) => {
      done.toolsRun += 1;
      if (input.unit === "celsius") done.placesSum += input.place;
      return temperature(input);
    },
  });
  const agent = createAgent({
    name: "bench",
    model: createClient({ apiKey: "bench", baseURL }).model(MODEL),
    tools: [tool],
    limits: { turns: workload.toolTurns + 1 },
  });
  const reset = (): void => {
    done.toolsRun = 0;
    done.placesSum = 0;
  };
  return { agent, done, reset };
}
