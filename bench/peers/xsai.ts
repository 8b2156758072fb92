import { streamText, tool } from "xsai";
import { type Contender, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";

/** `streamText` with a tool; it hands arguments over unchecked, so that the handler checks them, as its user must. */
export const contender: Contender = async ({ toolTurns }, baseURL) => {
  const getTemperature = await tool({
    name: TOOL_NAME,
    description: TOOL_DESCRIPTION,
    parameters: toolInput,
    strict: false,
    execute: (input) => temperature(toolInput.parse(input)),
  });
  return async () => {
    const { fullStream, steps } = streamText({
      apiKey: "bench",
      baseURL: `${baseURL}/`,
      model: MODEL,
      messages: [{ role: "user", content: QUESTION }],
      tools: [getTemperature],
      maxSteps: toolTurns + 1,
      streamOptions: { includeUsage: true },
    });
    let textChunks = 0;
    for await (const event of fullStream) {
      if (event.type === "text-delta") textChunks += 1;
      if (event.type === "error") throw event.error;
    }
    return { text: (await steps).at(-1)?.text ?? "", textChunks, serverCalls: 0, citations: 0 };
  };
};
