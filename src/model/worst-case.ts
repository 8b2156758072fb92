import type { ServerTool } from "../tool/index.ts";
import { contextWindow } from "./capabilities.ts";
import { longContextFactor, type PriceTerms, serverToolTicks, tokenTicks, X_ITEM_TICKS } from "./prices.ts";

/** A turn that is not yet asked for. */
export interface TurnPlan {
  model: string;
  /** Most tokens of its prompt. */
  inputTokens: number;
  /**
   * Most tokens the model writes before it answers, calls a tool of yours, or lets the server take a turn: reasoning and calls are
   * billed as output, and `maxOutputTokens` does not bound them.
   */
  outputTokens: number;
  /** Tools that xAI may run. Default none. */
  serverTools?: readonly Pick<ServerTool, "kind">[];
  /** Most turns that the server takes by itself. Absent with server tools: unbounded. */
  serverTurns?: number;
  /** Most tokens of a prompt once server tools have found something. Default: the model's context window. */
  contextTokens?: number;
  /** Most calls in one turn of the server. Default 4. xAI bounds turns and not calls: two turns were seen to make five. */
  callsPerServerTurn?: number;
  /** Most posts and profiles that one X search fetches: it is billed by these. Default: not known. */
  itemsPerSearch?: number;
  /** Default: list price. */
  terms?: PriceTerms;
}

const CALLS_PER_SERVER_TURN = 4;

/**
 * The most that a turn can cost, in ticks, by the price list of `PRICES_AS_OF`: nothing is read from the prompt cache, everything
 * allowed is written, every turn of the server reads the longest prompt again. Undefined where a part of it has no price or no
 * bound, never 0. Searches in files that are attached to messages are not in it.
 * @see wire document 2.1 (`max_turns`) and 6.3
 */
export function worstCaseTicks(plan: TurnPlan): number | undefined {
  const { model, inputTokens, outputTokens, serverTools = [], terms = {} } = plan;
  const turns = serverTools.length === 0 ? 0 : plan.serverTurns;
  const longest = turns === 0 ? inputTokens : longestPrompt(plan);
  if (turns === undefined || longest === undefined) return undefined;
  const usage = { inputTokens: inputTokens + turns * longest, outputTokens: outputTokens * (turns + 1) };
  const tokens = tokenTicks(model, usage, terms);
  const call = turns === 0 ? 0 : dearestCall(plan);
  if (tokens === undefined || call === undefined) return undefined;
  const { callsPerServerTurn = CALLS_PER_SERVER_TURN } = plan;
  return amount(tokens * longContextFactor(longest) + turns * callsPerServerTurn * call);
}

function longestPrompt({ model, inputTokens, contextTokens }: TurnPlan): number | undefined {
  const bound = contextTokens ?? contextWindow(model);
  return bound === undefined ? undefined : Math.max(inputTokens, bound);
}

/** All calls may be of the tool that costs most. */
function dearestCall({ serverTools = [], itemsPerSearch }: TurnPlan): number | undefined {
  const prices = serverTools.map(({ kind }) =>
    kind === "x_search" && itemsPerSearch !== undefined ? itemsPerSearch * X_ITEM_TICKS : serverToolTicks(kind),
  );
  return prices.reduce(
    (most, price) => (most === undefined || price === undefined ? undefined : Math.max(most, price)),
    0,
  );
}

/** What is not bounded, or no number at all, is not known. */
function amount(ticks: number): number | undefined {
  return ticks >= 0 && Number.isFinite(ticks) ? Math.ceil(ticks) : undefined;
}
