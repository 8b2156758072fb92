import { AgentError } from "../errors.ts";
import type { ArtifactStore } from "../event/index.ts";
import { checkSha256, sha256Of } from "./sha256.ts";

/** Bytes that are kept for one run without a store. */
const MAX_BYTES = 268_435_456;

/** Keeps artifacts in this process. One that does not fit any more is `dropped`. @param options `maxBytes`: default 256 MiB in all. */
export function createMemoryArtifacts({ maxBytes = MAX_BYTES }: { maxBytes?: number } = {}): ArtifactStore {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  let size = 0;
  return {
    async put(bytes, mediaType) {
      const artifact = { sha256: await sha256Of(bytes), bytes: bytes.length, mediaType };
      if (kept.has(artifact.sha256)) return artifact;
      if (size + bytes.length > maxBytes) return { ...artifact, dropped: true };
      size += bytes.length;
      kept.set(artifact.sha256, bytes);
      return artifact;
    },
    async get(sha256) {
      checkSha256(sha256);
      const bytes = kept.get(sha256);
      if (bytes !== undefined) return bytes.slice(); // what is kept stays as it is
      throw new AgentError("not_found", `There is no artifact ${sha256} in this memory.`);
    },
  };
}
