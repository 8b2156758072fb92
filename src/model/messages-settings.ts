import { AgentError } from "../errors.ts";
import type { ServerTool, ToolDeclaration } from "../tool/index.ts";
import type { MessagesRequest, MessagesToolChoice } from "../wire/index.ts";
import { presumeModel } from "./capabilities.ts";
import { checkChoice } from "./declare.ts";
import type { ModelRequest, ModelSettings, ToolChoice } from "./model.ts";

/**
 * `max_tokens` where nothing is set, for a model named `grok-…`: the protocol demands a number, and this one is no limit in
 * practice. It is well within the context of every model of xAI that answers (256,000 and more; xAI states no other limit).
 * @see capabilities.ts
 */
const MAX_TOKENS_OF_GROK = 128_000;
/** The same for any other model: the most that Claude 3.5 Sonnet writes, and the newer ones write more. @see platform.claude.com, models */
const MAX_TOKENS_OF_OTHERS = 8_192;

/** Not among the fields of `MessageRequest` in xAI's OpenAPI 1.0.0, read 2026-11-20; `thinking` and effort are of other servers. */
const UNKNOWN_HERE = [
  "seed",
  "frequencyPenalty",
  "presencePenalty",
  "reasoningEffort",
  "citations",
] as const satisfies (keyof ModelSettings)[];

/** @throws {AgentError} `unsupported_setting` for what the Messages protocol does not take. */
export function checkMessagesSettings(settings: ModelSettings): void {
  for (const name of UNKNOWN_HERE) {
    if (settings[name] === undefined) continue;
    const message = `settings.${name} has no place in the Messages protocol. Leave it out, or use api "chat" or "responses".`;
    throw new AgentError("unsupported_setting", message);
  }
}

/**
 * @throws {AgentError} `unsupported_setting` when there are any.
 * @see wire document 3: xAI runs no tools on this endpoint
 */
export function refuseServerTools(serverTools: readonly ServerTool[]): void {
  if (serverTools.length === 0) return;
  const names = serverTools.map((tool) => tool.name).join(", ");
  const message = `The Messages protocol takes functions only, and not ${names}: tools that xAI runs need the Responses API. Leave api out, or write "auto" or "responses".`;
  throw new AgentError("unsupported_setting", message);
}

/** The part of a request that the settings decide, in a fixed order. */
export function encodeSettings(model: string, settings: ModelSettings): Partial<MessagesRequest> {
  const fields: Partial<MessagesRequest> = { max_tokens: maxTokensOf(model, settings) };
  if (settings.temperature !== undefined) fields.temperature = settings.temperature;
  if (settings.topP !== undefined) fields.top_p = settings.topP;
  if (settings.stop !== undefined && settings.stop.length > 0) fields.stop_sequences = settings.stop;
  if (settings.user !== undefined) fields.metadata = { user_id: settings.user };
  return fields;
}

/** The most tokens of one answer, of all kinds. */
export function maxTokensOf(model: string, { maxOutputTokens }: ModelSettings): number {
  return maxOutputTokens ?? (presumeModel(model) === undefined ? MAX_TOKENS_OF_OTHERS : MAX_TOKENS_OF_GROK);
}

const NO_TOOLS: readonly ToolDeclaration[] = [];

/**
 * The tools that a request offers. xAI's description of the protocol has no `none`, so that a model of its that must not
 * call is offered nothing; other servers take the word, and some refuse a history of calls without tools.
 * @throws {AgentError} `invalid_option` when the choice demands a tool that is not there.
 */
export function offeredTools(model: string, { settings, tools }: ModelRequest): readonly ToolDeclaration[] {
  checkChoice(settings.toolChoice, tools);
  return settings.toolChoice === "none" && presumeModel(model) !== undefined ? NO_TOOLS : tools;
}

/** Without tools `auto`, `none` and the number of calls say nothing, and are not sent. */
export function encodeChoice({ settings, tools }: ModelRequest): Partial<MessagesRequest> {
  const { toolChoice, parallelToolCalls } = settings;
  if (tools.length === 0) return {};
  if (toolChoice === undefined && parallelToolCalls !== false) return {};
  return { tool_choice: toWireChoice(toolChoice ?? "auto", parallelToolCalls === false) };
}

function toWireChoice(choice: ToolChoice, isSingle: boolean): MessagesToolChoice {
  if (choice === "none") return { type: "none" };
  const single = isSingle ? { disable_parallel_tool_use: true } : {};
  if (choice === "auto") return { type: "auto", ...single };
  return choice === "required" ? { type: "any", ...single } : { type: "tool", name: choice.tool, ...single };
}
