import type { StoredEvent } from "../event/index.ts";

/** The hashes of the artifacts that events name. */
export function namedArtifacts(events: readonly StoredEvent[]): readonly string[] {
  return events.flatMap((event) => {
    const { outputArtifact } = event as { outputArtifact?: { sha256?: unknown } }; // any kind may have one, also one we do not know
    return typeof outputArtifact?.sha256 === "string" ? [outputArtifact.sha256] : [];
  });
}
