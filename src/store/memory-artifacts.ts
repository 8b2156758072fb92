import { AgentError } from "../errors.ts";
import type { ArtifactStore } from "../event/index.ts";
import { checkSha256, sha256Of } from "./sha256.ts";

/** Bytes that are kept for one run without a store. */
const MAX_BYTES = 268_435_456;

/** Keeps artifacts in this process. One that does not fit any more is `dropped`. @param options `maxBytes`: default 256 MiB in all. */
export function createMemoryArtifacts({ maxBytes = MAX_BYTES }: { maxBytes?: number } = {}): ArtifactStore {
  return createKeptArtifacts(maxBytes).store;
}

export interface KeptArtifacts {
  store: ArtifactStore;
  /** An event names it. */
  named(sha256: string): void;
  /** Removes one, unless it was put again and no event has named that yet. */
  remove(sha256: string): void;
}

/** The same, for a store that removes runs. */
export function createKeptArtifacts(maxBytes: number): KeptArtifacts {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const unnamed = new Map<string, number>(); // times it was put and not named since
  let size = 0;
  const store: ArtifactStore = {
    async put(bytes, mediaType) {
      const artifact = { sha256: await sha256Of(bytes), bytes: bytes.length, mediaType };
      const isKept = kept.has(artifact.sha256);
      if (!isKept && size + bytes.length > maxBytes) return { ...artifact, dropped: true };
      unnamed.set(artifact.sha256, (unnamed.get(artifact.sha256) ?? 0) + 1);
      if (isKept) return artifact;
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
  return {
    store,
    named: (sha256) => void unnamed.set(sha256, Math.max(0, (unnamed.get(sha256) ?? 0) - 1)),
    remove(sha256) {
      if ((unnamed.get(sha256) ?? 0) > 0) return;
      size -= kept.get(sha256)?.length ?? 0;
      kept.delete(sha256);
      unnamed.delete(sha256);
    },
  };
}
