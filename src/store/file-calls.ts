// Apart from its use: what users can name must not lead to Node's types, which a browser's program has not.

/**
 * The calls by which the file store writes, so that a test can let the n-th of them fail. Each is the one of `node:fs` with
 * `Sync` behind its name; it throws what that throws.
 */
export interface FileCalls {
  /** @param flags As `open(2)` has them, or Node's letters. */
  open(path: string, flags: string | number): number;
  /** Bytes written, which may be fewer than were given. */
  write(fd: number, bytes: Uint8Array): number;
  fsync(fd: number): void;
  ftruncate(fd: number, size: number): void;
  close(fd: number): void;
  rename(from: string, to: string): void;
  link(existing: string, path: string): void;
  unlink(path: string): void;
  copyFile(from: string, to: string): void;
}
