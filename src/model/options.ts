import { AgentError } from "../errors.ts";
import type { ModelSettings } from "./model.ts";
import { checkSettings } from "./settings.ts";

/**
 * Checks what a model is made from.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 */
export function checkModelOptions({ id, settings = {} }: { id: string; settings?: ModelSettings }): void {
  if (typeof id !== "string" || id.trim() === "") {
    throw new AgentError("invalid_option", 'The model has no id. Give its name, such as "grok-4.7".');
  }
  checkSettings(id, settings);
  const { toolChoice } = settings;
  if (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none") return;
  const message = "A forced toolChoice in the model's own settings would hold on every turn, and no run could end.";
  throw new AgentError("invalid_option", `${message} Give it in the settings of the agent or of a run.`);
}

/** The model's own settings under those of a request. One that is undefined is not set: it does not hide the model's own. */
export function mergeSettings(defaults: ModelSettings, given: ModelSettings): ModelSettings {
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
