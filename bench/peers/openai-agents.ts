import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, tool, webSearchTool } from "@openai/agents";
import OpenAI from "openai";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";

const getTemperature = tool({
  name: TOOL_NAME,
  description: TOOL_DESCRIPTION,
  parameters: toolInput,
  execute: (input) => temperature(input),
});

/** An `Agent` run by a `Runner` without tracing, which would send what happened to its maker. */
export const contender: Contender = ({ api, toolTurns, serverCalls: served }, baseURL) => {
  const client = new OpenAI({ apiKey: "bench", baseURL });
  const Model = api === "chat" ? OpenAIChatCompletionsModel : OpenAIResponsesModel;
  const agent = new Agent({
    name: "bench",
    model: new Model(client, MODEL),
    tools: served > 0 ? [getTemperature, webSearchTool()] : [getTemperature],
  });
  const runner = new Runner({ tracingDisabled: true });
  return async () => {
    const result = await runner.run(agent, QUESTION, { stream: true, maxTurns: toolTurns + 1 });
    let [textChunks, serverCalls, citations] = [0, 0, 0];
    for await (const event of result) {
      if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") textChunks += 1;
      else if (event.type !== "run_item_stream_event") continue;
      else if (event.name === "tool_called" && event.item.rawItem?.type === "hosted_tool_call") serverCalls += 1;
      else if (event.name === "message_output_created") citations += citationsIn(event.item.rawItem);
    }
    await result.completed;
    return { text: String(result.finalOutput), textChunks, serverCalls, citations };
  };
};

/** They are not shown, but kept inside what the provider said. */
function citationsIn(item: unknown): number {
  return JSON.stringify(item).split('"url_citation"').length - 1;
}
