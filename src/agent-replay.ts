import { type Beginning, instructionsFor, started, startedEvents } from "./agent-begin.ts";
import { experimentOf, leftOut } from "./agent-experiment.ts";
import type { ReplaySettings } from "./agent-options.ts";
import type { AgentParts } from "./agent-parts.ts";
import { refuseUnknown } from "./agent-resume.ts";
import { launch, withoutStore } from "./agent-run.ts";
import { type ArtifactReader, createFold, type NewEvent, type RunStartedEvent } from "./event/index.ts";
import { type Run, recordingOf } from "./loop/index.ts";
import { checkSettings, type ModelSettings } from "./model/index.ts";
import { withoutUndefined } from "./own.ts";
import { createHold, LEASE_MS, type Past, type StoreHold } from "./resume/index.ts";
import { outerCall, type ServerTool } from "./tool/index.ts";

/**
 * Plays a recorded run again, as a run of its own: from the same messages, with the recorded results instead of tools. It is in no
 * conversation but its own, so that no later run takes it for what was said.
 */
export async function replayAgentRun(
  agent: AgentParts,
  replays: string,
  given: ReplaySettings & { context?: unknown },
): Promise<Run & ArtifactReader> {
  const { options, runtime } = agent;
  const { store } = options;
  if (store === undefined) throw withoutStore(options.name, replays);
  const { events, unknown } = await store.read(replays);
  const { state } = createFold(events);
  const before = refuseUnknown(replays, state, unknown);
  const parts = experimentOf(agent, given);
  const own = ownSettings(before, given);
  const settings = { ...parts.settings, ...own };
  checkSettings(parts.model.id, settings);
  parts.model.accepts?.(parts.toolbox.serverTools, settings);
  const runId = `run_${runtime.createId()}`;
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const hold = createHold(store, runId, { clock: runtime.clock, leaseMs });
  const limits = { ...(state.resumed ?? before).limits, ...withoutUndefined(given.limits) };
  const outer = outerCall();
  const { onLimit } = state.resumed ?? before;
  const again = {
    ...given,
    messages: before.messages,
    ...(onLimit === undefined ? {} : { onLimit }),
    ...(Object.keys(own).length === 0 ? {} : { settings: own }),
  };
  const common = { limits, conversation: runId, hold };
  const beginning: Beginning = { ...common, parts, given: again, input: [], outer, leaseMs, replays };
  const past: Past = { messages: [], taint: before.taint ?? [] };
  return launch(parts, {
    ...common,
    runId,
    model: parts.model,
    settings,
    given,
    parent: outer?.runId,
    waiting: "leave",
    onLimit,
    recorded: recordingOf(replays, events),
    begin: async (signal) => [
      ...(await begin({ beginning, past, hold }, signal)),
      ...leftOut(agent, parts, NOT_OFFERED),
    ],
    beginFailed: () => started(beginning, past, {}),
  });
}

async function begin(
  { beginning, past, hold }: { beginning: Beginning; past: Past; hold: StoreHold },
  signal: AbortSignal,
): Promise<readonly NewEvent[]> {
  await hold.take();
  if (signal.aborted) {
    await hold.release(); // stopped while it waited: nobody else may wait for what nobody uses
    signal.throwIfAborted();
  }
  const { parts, given } = beginning;
  return await startedEvents(beginning, past, await instructionsFor(parts.options, given.context));
}

/** Sampling as the recorded run had it over its agent's own, unless the experiment says otherwise. */
function ownSettings({ settings }: RunStartedEvent, given: ReplaySettings): ModelSettings {
  return { ...(settings as ModelSettings | undefined), ...withoutUndefined(given.settings) }; // as it was given and checked
}

const NOT_OFFERED = {
  code: "replay_server_tool",
  why: ({ kind }: ServerTool): string => {
    const how = kind === "mcp" ? "never in a replay" : 'give serverTools: "live" to let it run anew';
    return `where no result can be taken from a recording, and is not offered: ${how}.`;
  },
};
