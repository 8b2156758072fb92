import type { PlannedTurn, WorstCase } from "./loop/index.ts";
import { estimateTokens, type Model, type ModelSettings, maxOutput, worstCaseTicks } from "./model/index.ts";
import type { TypedOutput } from "./output/index.ts";
import type { ServerTool, Toolbox } from "./tool/index.ts";

/** What a run asks with. */
export interface Asking {
  model: Model;
  settings: ModelSettings;
  toolbox: Toolbox;
  output: TypedOutput | undefined;
}

/**
 * How much a turn of a run uses at most: its prompt as it is estimated, the output cap that is set, as much reasoning as the longest so
 * far, and for tools that xAI runs a full context again in each turn that it may take by itself. Only what somebody has set is a bound:
 * xAI lets an answer have 128,000 tokens where nothing is, which no budget of a few cents has room for and no answer comes near.
 */
export function worstCaseOf(asking: Asking): (turn: PlannedTurn) => WorstCase {
  const { model, toolbox, output } = asking;
  const cap = outputCap(asking);
  // What an answer must be is read like the declaration of a tool. One list for all turns, since it is known by its identity.
  const read =
    output === undefined
      ? toolbox.declarations
      : [...toolbox.declarations, { name: output.format.name, description: "", parameters: output.format.schema }];
  return ({ messages, isFinal, serverTurns, reasoningTokens }) => {
    const serverTools = isFinal ? [] : toolbox.serverTools;
    const why = whyUnbounded(asking, { cap, serverTools, serverTurns });
    if (cap === undefined || (serverTools.length > 0 && serverTurns === undefined)) return { why };
    const inputTokens = estimateTokens(messages, read);
    const turns = serverTools.length === 0 ? 0 : (serverTurns ?? 0);
    const { contextWindow: contextTokens } = model;
    const plan = { inputTokens, outputTokens: cap + reasoningTokens, serverTools, serverTurns: turns };
    const ticks = worstCaseTicks({
      ...plan,
      model: model.id,
      ...(contextTokens === undefined ? {} : { contextTokens }),
      ...(model.host === undefined ? {} : { terms: { host: model.host } }),
    });
    const tokens = mostTokens(plan, contextTokens);
    return { why, ...(tokens === undefined ? {} : { tokens }), ...(ticks === undefined ? {} : { ticks }) };
  };
}

/** What somebody has set: in the settings of the run, or in those of the model. */
function outputCap({ model, settings }: Asking): number | undefined {
  const own = model.maxOutputTokens === maxOutput(model.id) ? undefined : model.maxOutputTokens;
  return settings.maxOutputTokens ?? own;
}

interface Plan {
  inputTokens: number;
  outputTokens: number;
  serverTurns: number;
}

/** Each turn of the server reads the longest prompt again, and writes again. */
function mostTokens({ inputTokens, outputTokens, serverTurns }: Plan, contextTokens?: number): number | undefined {
  if (serverTurns === 0) return inputTokens + outputTokens;
  if (contextTokens === undefined) return undefined;
  return inputTokens + serverTurns * Math.max(inputTokens, contextTokens) + outputTokens * (serverTurns + 1);
}

interface Bounds {
  cap: number | undefined;
  serverTools: readonly ServerTool[];
  serverTurns: number | undefined;
}

/** Everything that stands in the way, so that one warning says all there is to set. */
function whyUnbounded({ model }: Asking, { cap, serverTools, serverTurns }: Bounds): readonly string[] {
  const served = serverTools.length > 0;
  const plan = { model: model.id, inputTokens: 1, outputTokens: 1 };
  const unpriced = serverTools.filter((tool) => isUnpriced(plan, tool)).map(({ name }) => name);
  return [
    ...(cap === undefined ? ["no answer is bounded (set settings.maxOutputTokens)"] : []),
    ...(served && serverTurns === undefined ? ["xAI may take any number of turns (set limits.serverTurns)"] : []),
    ...(served && model.contextWindow === undefined ? [`the context of ${model.id} is not known`] : []),
    ...(worstCaseTicks(plan) === undefined ? [`${model.id} has no price here`] : []),
    ...(unpriced.length > 0 ? [`nobody bounds what ${unpriced.join(", ")} may cost`] : []),
  ];
}

function isUnpriced(plan: { model: string; inputTokens: number; outputTokens: number }, tool: ServerTool): boolean {
  const served = worstCaseTicks({ ...plan, serverTools: [tool], serverTurns: 1, contextTokens: 1 });
  return served === undefined && worstCaseTicks(plan) !== undefined;
}
