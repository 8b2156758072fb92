import type { ReplaySettings } from "./agent-options.ts";
import { type AgentParts, modelOf, textOf } from "./agent-parts.ts";
import { createRetry, createRetryBudget } from "./client/index.ts";
import { AgentError } from "./errors.ts";
import type { NewEvent, RunStartedEvent } from "./event/index.ts";
import { type Recording, recordingOf } from "./loop/index.ts";
import { checkModelTools, type Model } from "./model/index.ts";
import { fingerprintOf } from "./resume/index.ts";
import type { RunStore } from "./store/index.ts";
import type { ServerTool, Toolbox } from "./tool/index.ts";

/** The agent as it plays a recorded run again: with what the experiment changes, and without what it does not offer. */
export function experimentOf(parts: AgentParts, given: Omit<ReplaySettings, "tools">): AgentParts {
  const { serverTools = "none", instructions } = given;
  const { clock, random } = parts.runtime;
  const model = given.model === undefined ? parts.model : otherModel(parts, given.model);
  const toolbox = withServerTools(parts.toolbox, (tool) => serverTools === "live" && isRepeatable(tool));
  const options = instructions === undefined ? parts.options : { ...parts.options, instructions };
  checkModelTools(model.id, { client: toolbox.names.length, server: toolbox.serverTools.length });
  const budget = model.retryBudget ?? createRetryBudget();
  return {
    ...parts,
    options,
    model,
    toolbox,
    retry: model === parts.model ? parts.retry : createRetry({ policy: options.retry ?? {}, clock, random, budget }),
    fingerprint: () => fingerprintOf({ model, toolbox, instructions: textOf(options), output: parts.output?.format }),
  };
}

/**
 * The agent as it rehearses: without the MCP servers that xAI calls by itself, for what they do to the world nobody here can tell or hold
 * up.
 */
export function rehearsalOf(parts: AgentParts): AgentParts {
  return parts.toolbox.serverTools.every(isRepeatable) ? parts : offering(parts, isRepeatable);
}

/** A word on each tool that an agent has and is not offered. */
export function leftOut(
  agent: AgentParts,
  { toolbox }: AgentParts,
  { code, why }: { code: string; why: (tool: ServerTool) => string },
): readonly NewEvent[] {
  const left = agent.toolbox.serverTools.filter((tool) => !toolbox.serverTools.includes(tool));
  return left.map(
    (tool): NewEvent => ({ type: "warning", turn: 0, code, message: `${tool.name} runs at xAI, ${why(tool)}` }),
  );
}

/** The agent and the recording with which a replay is carried on, and the agent for a rehearsal; any other run goes on as it is. */
export async function partsFor(
  parts: AgentParts,
  store: RunStore,
  started: RunStartedEvent | undefined,
): Promise<{ parts: AgentParts; recorded?: Recording }> {
  if (started?.effects === "rehearse") return { parts: rehearsalOf(parts) };
  if (started?.replays === undefined) return { parts };
  const offered = new Set(started.tools);
  return {
    parts: offering(parts, (tool) => offered.has(tool.name) && isRepeatable(tool)),
    recorded: recordingOf(started.replays, (await store.read(started.replays)).events),
  };
}

function offering(parts: AgentParts, isOffered: (tool: ServerTool) => boolean): AgentParts {
  const toolbox = withServerTools(parts.toolbox, isOffered);
  const { model, output, options } = parts;
  return {
    ...parts,
    toolbox,
    fingerprint: () => fingerprintOf({ model, toolbox, instructions: textOf(options), output: output?.format }),
  };
}

/** What runs at xAI cannot be answered from a recording. Searches may be made anew; what an MCP server does to the world nobody can tell. */
function isRepeatable({ kind }: ServerTool): boolean {
  return kind !== "mcp";
}

function withServerTools(toolbox: Toolbox, isOffered: (tool: ServerTool) => boolean): Toolbox {
  return { ...toolbox, serverTools: toolbox.serverTools.filter(isOffered) };
}

/** A name alone would be asked elsewhere, and with another key, than the agent's own model. */
function otherModel({ options, runtime }: AgentParts, model: string | Model): Model {
  if (typeof model === "string" && typeof options.model !== "string") {
    throw new AgentError(
      "invalid_option",
      `replay of "${options.name}": the agent brings a model made by client.model(…), so bring the other one in the same way: model: client.model(${JSON.stringify(model)}).`,
    );
  }
  const { api } = options;
  return modelOf(api === undefined ? { model } : { model, api }, runtime.clock, runtime.random);
}
