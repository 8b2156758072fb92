import { AgentError } from "../errors.ts";
import type { ModelSettings } from "./model.ts";

/** Not among the fields of `ModelRequest` in xAI's OpenAPI 1.0.0, read 2026-11-20. */
const UNKNOWN_HERE = ["stop", "seed", "frequencyPenalty", "presencePenalty"] as const satisfies (keyof ModelSettings)[];

/** @throws {AgentError} `unsupported_setting` for what the Responses API does not take. */
export function checkResponsesSettings(settings: ModelSettings): void {
  for (const name of UNKNOWN_HERE) {
    const value = settings[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const message = `settings.${name} is a setting of chat completions, and the Responses API does not take it. Leave it out, or use api "chat", which takes no tools that xAI runs.`;
    throw new AgentError("unsupported_setting", message);
  }
}
