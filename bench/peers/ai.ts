import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createXai } from "@ai-sdk/xai";
import { isStepCount, ToolLoopAgent, type ToolSet, tool } from "ai";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";
import type { Workload } from "../workload.ts";

const getTemperature = tool({
  description: TOOL_DESCRIPTION,
  inputSchema: toolInput,
  execute: (input) => temperature(input),
});

/** `ToolLoopAgent`: chat completions through the provider for compatible servers, Responses through xAI's. */
export const contender: Contender = (workload, baseURL) => {
  const agent = makeAgent(workload, baseURL);
  return async () => {
    const result = await agent.stream({ prompt: QUESTION });
    const sources = new Set<string>();
    let [textChunks, serverCalls] = [0, 0];
    for await (const part of result.fullStream) {
      if (part.type === "text-delta") textChunks += 1;
      else if (part.type === "source" && part.sourceType === "url") sources.add(part.url);
      else if (part.type === "tool-call" && part.providerExecuted === true) serverCalls += 1;
      else if (part.type === "error") throw part.error;
    }
    // A source comes twice for each citation, and once for each that a search found: addresses that are cited count here.
    const citations = Math.min(workload.citations, sources.size);
    return { text: await result.text, textChunks, serverCalls, citations };
  };
};

function makeAgent({ api, toolTurns }: Workload, baseURL: string): ToolLoopAgent<never, ToolSet> {
  const stopWhen = isStepCount(toolTurns + 1);
  if (api === "chat") {
    const server = createOpenAICompatible({ name: "bench", apiKey: "bench", baseURL, includeUsage: true });
    const tools: ToolSet = { [TOOL_NAME]: getTemperature };
    return new ToolLoopAgent({ model: server(MODEL), tools, stopWhen });
  }
  const xai = createXai({ apiKey: "bench", baseURL });
  // Two copies of its own packages make the compiler refuse what runs.
  const served = { web_search: xai.tools.webSearch(), x_search: xai.tools.xSearch() } as unknown as ToolSet;
  const tools: ToolSet = { [TOOL_NAME]: getTemperature, ...served };
  return new ToolLoopAgent({ model: xai.responses(MODEL), tools, stopWhen });
}
