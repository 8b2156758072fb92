import { orAborted } from "../clock.ts";
import { AgentError, errorMessage } from "../errors.ts";
import type { Artifact, ArtifactStore, NewEvent } from "../event/index.ts";
import type { ToolAnswer } from "../tool/index.ts";

/** An answer as the record takes it. */
export interface KeptAnswer {
  answer: Omit<ToolAnswer, "spilled"> & { outputArtifact?: Artifact };
  /** What there is to say of it. */
  warnings: readonly NewEvent[];
  /** Why the output could not be kept: the run must not go on as if it were. */
  failure?: AgentError;
}

/**
 * Puts an output that is too large for the record beside it. Never rejects: that the tool ran, and how it ended, must come on
 * the record whatever becomes of its output.
 * @param at `signal`: what was not kept when it is aborted is not waited for any more.
 */
export function keepOutput(
  { spilled, ...answer }: ToolAnswer,
  artifacts: ArtifactStore,
  at: { turn: number; tool: string; signal?: AbortSignal },
): KeptAnswer | Promise<KeptAnswer> {
  return spilled === undefined ? { answer, warnings: [] } : keepSpilled(answer, spilled, { ...at, artifacts });
}

async function keepSpilled(
  answer: KeptAnswer["answer"],
  { bytes, mediaType }: NonNullable<ToolAnswer["spilled"]>,
  { artifacts, ...at }: { turn: number; tool: string; signal?: AbortSignal; artifacts: ArtifactStore },
): Promise<KeptAnswer> {
  try {
    const put = artifacts.put(bytes, mediaType);
    const outputArtifact = await (at.signal === undefined ? put : orAborted(put, at.signal));
    return {
      answer: { ...answer, outputArtifact },
      warnings: outputArtifact.dropped === true ? [dropped(at, bytes)] : [],
    };
  } catch (cause) {
    const message = `The result of ${at.tool} (${bytes.length} bytes) could not be kept: ${errorMessage(cause)}`;
    const warning: NewEvent = { type: "warning", turn: at.turn, code: "artifact_failed", message };
    return { answer, warnings: [warning], failure: new AgentError("store_failed", message, { cause }) };
  }
}

function dropped({ turn, tool }: { turn: number; tool: string }, bytes: Uint8Array): NewEvent {
  const message = `The result of ${tool} (${bytes.length} bytes) is not kept: there is no room for it in memory. Give the agent a store, such as createFileStore().`;
  return { type: "warning", turn, code: "artifact_dropped", message };
}
