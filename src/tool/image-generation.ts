import { createReader, type OptionNames, readOptions, settled } from "./server-options.ts";
import type { ImageGenerationOptions, ImageGenerationTool } from "./server-tool.ts";

const NAMES: OptionNames = {
  maker: "imageGeneration",
  options: ["action"],
  habits: {
    mode: "action",
    model: "xAI chooses the model. Leave it out",
    size: "xAI takes no size. Say it in the prompt",
    quality: "xAI takes no quality. Say it in the prompt",
    type: "Write imageGeneration()",
  },
};

/**
 * Images made or changed by xAI in the middle of an answer. A tool of the Responses API.
 * @throws {AgentError} `invalid_tool` naming the option and what to write.
 */
export function imageGeneration(options?: ImageGenerationOptions): ImageGenerationTool {
  const read = createReader(NAMES.maker, readOptions(options, NAMES));
  const checked = settled<ImageGenerationOptions>({ action: read.choice("action", ["auto", "generate", "edit"]) });
  return Object.freeze({ executor: "server", kind: "image_generation", name: "image_generation", options: checked });
}
