import { Agent, type AgentTool } from "@earendil-works/pi-agent-core";
import { createModels, createProvider, type Model } from "@earendil-works/pi-ai";
import { openAICompletionsApi } from "@earendil-works/pi-ai/api/openai-completions.lazy";
import { z } from "zod";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";

/** It checks arguments against JSON Schema, and fills in no defaults: the handler reads them with zod, as its user must. */
const getTemperature: AgentTool = {
  name: TOOL_NAME,
  label: "Temperature",
  description: TOOL_DESCRIPTION,
  parameters: z.toJSONSchema(toolInput, { io: "input" }),
  async execute(_callId, input) {
    const text = JSON.stringify(temperature(toolInput.parse(input)));
    return { content: [{ type: "text", text }], details: {} };
  },
};

/** Its `Agent` holds a conversation: a new one for each run. */
export const contender: Contender = (_workload, baseURL) => {
  const model: Model<"openai-completions"> = {
    id: MODEL,
    name: MODEL,
    api: "openai-completions",
    provider: "bench",
    baseUrl: baseURL,
    reasoning: false,
    input: ["text"],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 10_000_000,
    maxTokens: 32_000,
  };
  const models = createModels();
  models.setProvider(
    createProvider({
      id: "bench",
      name: "bench",
      baseUrl: baseURL,
      auth: { apiKey: { name: "bench", resolve: async () => ({ auth: { apiKey: "bench" } }) } },
      models: [model],
      api: openAICompletionsApi(),
    }),
  );
  return async () => {
    const agent = new Agent({
      initialState: { model, tools: [getTemperature] },
      streamFn: models.streamSimple.bind(models),
    });
    let [text, textChunks] = ["", 0];
    agent.subscribe((event) => {
      if (event.type === "turn_start") text = "";
      if (event.type !== "message_update" || event.assistantMessageEvent.type !== "text_delta") return;
      textChunks += 1;
      text += event.assistantMessageEvent.delta;
    });
    await agent.prompt(QUESTION);
    if (agent.state.errorMessage !== undefined) throw new Error(agent.state.errorMessage);
    return { text, textChunks, serverCalls: 0, citations: 0 };
  };
};
