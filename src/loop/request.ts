import type { ModelRequest, ModelSettings } from "../model/index.ts";
import type { Attempt } from "./attempt.ts";
import { serverTurnsLeft } from "./limits.ts";
import type { LoopServices } from "./services.ts";

/** What an attempt at a turn asks of the model. */
export function requestFor(services: LoopServices, { turn, requestId, number }: Attempt): ModelRequest {
  const { record, toolbox, limits, conversation, output } = services;
  const { state } = record.fold;
  // The server is told how many turns it may take by itself; what it took is counted here as well.
  const maxServerTurns = serverTurnsLeft(limits, state);
  return {
    messages: state.messages,
    ...(state.before === undefined ? {} : { before: state.before }),
    tools: toolbox.declarations,
    serverTools: toolbox.serverTools,
    ...(maxServerTurns === undefined ? {} : { maxServerTurns }),
    settings: settingsFor(services, turn),
    ...(output === undefined ? {} : { output: output.format }),
    conversation,
    requestId,
    attempt: number,
  };
}

/** The tools stay declared in a last turn, so that the prompt begins as before: what forbids them is the choice. */
function settingsFor({ record, settings }: LoopServices, turn: number): ModelSettings {
  if (record.fold.state.final?.turn === turn) return { ...settings, toolChoice: "none" };
  return turn === 1 ? settings : withoutForcedChoice(settings);
}

/** A forced choice holds for the first turn: kept up, the model could never answer. */
function withoutForcedChoice(settings: ModelSettings): ModelSettings {
  if (settings.toolChoice === undefined || settings.toolChoice === "auto" || settings.toolChoice === "none")
    return settings;
  const { toolChoice: _forced, ...rest } = settings;
  return rest;
}
