import { AgentError } from "../errors.ts";
import type { Endpoint } from "../wire/index.ts";
import type { Model, ModelSettings } from "./model.ts";
import { checkModelOptions } from "./options.ts";

export interface MessagesModelOptions {
  /** The model's name, such as `claude-3-5-sonnet-latest`. */
  id: string;
  /** Where it answers, and with which key. */
  endpoint: Endpoint;
  /** Used where a request sets nothing else. A forced `toolChoice` is refused here: it would hold on every turn. */
  settings?: ModelSettings;
}

/**
 * A model on the Messages protocol, for proxies that speak it. Each `stream` is one attempt at one turn; who retries is the
 * caller.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 */
export function createMessagesModel(options: MessagesModelOptions): Model {
  checkModelOptions(options);
  throw new AgentError("internal", "not built yet");
}
