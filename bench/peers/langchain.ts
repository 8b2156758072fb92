import { ChatOpenAI } from "@langchain/openai";
import { ChatXAI } from "@langchain/xai";
import { createAgent, tool } from "langchain";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";

const getTemperature = tool((input) => JSON.stringify(temperature(toolInput.parse(input))), {
  name: TOOL_NAME,
  description: TOOL_DESCRIPTION,
  schema: toolInput,
});

/** `createAgent`, read message chunk by message chunk. Its class for xAI's Responses takes no tools: OpenAI's does. */
export const contender: Contender = ({ api, toolTurns, serverCalls: served }, baseURL) => {
  const model =
    api === "chat"
      ? new ChatXAI({ apiKey: "bench", model: MODEL, baseURL })
      : new ChatOpenAI({ apiKey: "bench", model: MODEL, useResponsesApi: true, configuration: { baseURL } });
  const searches = [{ type: "web_search" }, { type: "x_search" }];
  const agent = createAgent({ model, tools: served > 0 ? [getTemperature, ...searches] : [getTemperature] });
  return async () => {
    let [text, textChunks, serverCalls, citations] = ["", 0, 0, 0];
    const asked = { messages: [{ role: "user" as const, content: QUESTION }] };
    const stream = await agent.stream(asked, { streamMode: "messages", recursionLimit: 4 * toolTurns + 10 });
    for await (const [message] of stream) {
      if (message.getType() !== "ai") continue;
      if (message.text !== "") {
        textChunks += 1;
        text += message.text;
      }
      if (api === "chat") continue;
      for (const block of message.contentBlocks) {
        if (block.type === "server_tool_call") serverCalls += 1;
        if (block.type === "text" && Array.isArray(block.annotations)) citations += block.annotations.length;
      }
    }
    return { text, textChunks, serverCalls, citations };
  };
};
