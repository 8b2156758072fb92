import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createXai } from "@ai-sdk/xai";
import { Agent } from "@mastra/core/agent";
import type { MastraModelConfig } from "@mastra/core/llm";
import { createTool } from "@mastra/core/tools";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";

const getTemperature = createTool({
  id: TOOL_NAME,
  description: TOOL_DESCRIPTION,
  inputSchema: toolInput,
  execute: async (input) => temperature(toolInput.parse(input)),
});

/** Its `Agent` without memory, on the same providers as `ai`. */
export const contender: Contender = ({ api, toolTurns, citations: cited }, baseURL) => {
  const given = { apiKey: "bench", baseURL };
  const xai = createXai(given);
  const chat = createOpenAICompatible({ name: "bench", includeUsage: true, ...given });
  const searches = { web_search: xai.tools.webSearch(), x_search: xai.tools.xSearch() };
  const agent = new Agent({
    id: "bench",
    name: "bench",
    instructions: "Answer.",
    // Its types and those of the provider disagree about what `doGenerate` gives, for which it has code.
    model: (api === "chat" ? chat(MODEL) : xai.responses(MODEL)) as unknown as MastraModelConfig,
    tools: { [TOOL_NAME]: getTemperature, ...(api === "chat" ? {} : searches) },
  });
  return async () => {
    const result = await agent.stream(QUESTION, { maxSteps: toolTurns + 1 });
    let [text, textChunks, serverCalls] = ["", 0, 0];
    const sources = new Set<string>();
    for await (const chunk of result.fullStream) {
      if (chunk.type === "error") throw chunk.payload.error;
      // It does not say who ran a call: what is not called as our tool is, the server ran.
      if (chunk.type === "tool-call" && chunk.payload.toolName !== TOOL_NAME) serverCalls += 1;
      if (chunk.type === "source" && chunk.payload.url !== undefined) sources.add(chunk.payload.url);
      if (chunk.type !== "text-delta") continue;
      textChunks += 1;
      text += chunk.payload.text;
    }
    return { text, textChunks, serverCalls, citations: Math.min(cited, sources.size) };
  };
};
