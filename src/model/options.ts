import { AgentError } from "../errors.ts";
import type { Endpoint } from "../wire/index.ts";
import { contextWindow, maxOutput } from "./capabilities.ts";
import { hostOf } from "./maker.ts";
import type { Model, ModelSettings } from "./model.ts";
import { checkSettings } from "./settings.ts";

/** What every model is made from. */
interface ModelOptions {
  id: string;
  settings?: ModelSettings;
  contextWindow?: number;
}

/**
 * Checks what a model is made from.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 */
export function checkModelOptions({ id, settings = {}, contextWindow }: ModelOptions): void {
  if (typeof id !== "string" || id.trim() === "") {
    throw new AgentError("invalid_option", 'The model has no id. Give its name, such as "grok-4.7".');
  }
  if (contextWindow !== undefined && !(Number.isSafeInteger(contextWindow) && contextWindow > 0)) {
    const message = `contextWindow is ${String(contextWindow)}. It takes a whole number of tokens, prompt and answer together.`;
    throw new AgentError("invalid_option", message);
  }
  checkSettings(id, settings);
  const { toolChoice } = settings;
  if (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none") return;
  const message = "A forced toolChoice in the model's own settings would hold on every turn, and no run could end.";
  throw new AgentError("invalid_option", `${message} Give it in the settings of the agent or of a run.`);
}

/** How much fits into a model and into one answer of it, as it was set, else as it is known; and who is asked. */
export function limitsOf(
  options: ModelOptions & { endpoint: Endpoint },
): Pick<Model, "contextWindow" | "maxOutputTokens" | "host"> {
  const window = options.contextWindow ?? contextWindow(options.id);
  const output = options.settings?.maxOutputTokens ?? maxOutput(options.id);
  return {
    ...(window === undefined ? {} : { contextWindow: window }),
    ...(output === undefined ? {} : { maxOutputTokens: output }),
    host: hostOf(options.endpoint.baseUrl),
  };
}

/** The model's own settings under those of a request. One that is undefined is not set: it does not hide the model's own. */
export function mergeSettings(defaults: ModelSettings, given: ModelSettings): ModelSettings {
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
