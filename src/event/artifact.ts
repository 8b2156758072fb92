/** Bytes that are kept beside a record because they are too large for it, named by what they are. */
export interface Artifact {
  /** Of the bytes, in lower-case hex: where they are found, and what they are checked by. */
  sha256: string;
  bytes: number;
  /**
   * `application/json`: the value as JSON. `text/plain; charset=utf-8`: a text. `application/octet-stream`: the bytes that a
   * handler returned.
   */
  mediaType: string;
  /** They were not kept, for want of room: only their size and their hash are known. */
  dropped?: true;
}

/** What reads the results of a run that are too large for its record. */
export interface ArtifactReader {
  /**
   * The bytes of an artifact that the run kept, by `outputArtifact.sha256` of a call. They are in the agent's store, or, without one,
   * in memory for as long as the run or its result is held.
   * @throws {AgentError} `not_found`, also for one that was `dropped`; and what `ArtifactStore.get` throws.
   */
  artifact(sha256: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Where artifacts are kept. */
export interface ArtifactStore {
  /**
   * Keeps bytes; the same bytes twice are kept once. They are kept when it resolves, but for `dropped` ones.
   * @throws {AgentError} `store_failed` when they cannot be kept.
   */
  put(bytes: Uint8Array<ArrayBuffer>, mediaType: string): Promise<Artifact>;
  /**
   * The bytes of an artifact, checked against their hash.
   * @throws {AgentError} `invalid_option` for what is no hash, `not_found` when there is no such artifact, `store_failed` when it
   * cannot be read or was changed.
   */
  get(sha256: string): Promise<Uint8Array<ArrayBuffer>>;
}
