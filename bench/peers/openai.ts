import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";

/** `chat.completions.runTools` with its helper for zod, read chunk by chunk. */
export const contender: Contender = ({ toolTurns }, baseURL) => {
  const client = new OpenAI({ apiKey: "bench", baseURL });
  const getTemperature = zodFunction({
    name: TOOL_NAME,
    description: TOOL_DESCRIPTION,
    parameters: toolInput,
    function: (input) => JSON.stringify(temperature(input)),
  });
  return async () => {
    const runner = client.chat.completions.runTools(
      {
        model: MODEL,
        messages: [{ role: "user", content: QUESTION }],
        tools: [getTemperature],
        stream: true,
        stream_options: { include_usage: true },
      },
      { maxChatCompletions: toolTurns + 1 },
    );
    let textChunks = 0;
    for await (const chunk of runner) {
      if (typeof chunk.choices[0]?.delta.content === "string") textChunks += 1;
    }
    return { text: (await runner.finalContent()) ?? "", textChunks, serverCalls: 0, citations: 0 };
  };
};
