import type { Readable } from "node:stream";

/** What a test gave this program. */
export function argument<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T; // the test that starts it writes it
}

/** Bytes that are held, once what is garbage is gone. */
export async function heldBytes(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage(); // `external` holds array buffers too
  return heapUsed + external;
}

/** Waits until the test says so; what it reads from does not keep the process alive. */
export async function toldToGoOn(): Promise<void> {
  const input: Readable & { unref?: () => void } = process.stdin;
  await new Promise((resolve) => input.once("data", resolve));
  input.pause();
  input.unref?.();
}

export function report(found: object): void {
  process.stdout.write(JSON.stringify(found));
}
