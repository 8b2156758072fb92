import { createHook } from "node:async_hooks";
import type { HeapProfiler } from "node:inspector";
import { Session } from "node:inspector/promises";

/** What a run does, counted: the same on every machine, but for the number of reads its answers come in. */
export interface Counts {
  promises: number;
  /** Calls of `JSON.stringify`, and the characters they made. */
  stringifies: number;
  stringifiedChars: number;
  parses: number;
  /** By V8's sampling of its heap, what was collected since included. */
  allocatedBytes: number;
}

/** Runs twice: once with everything counted, once with nothing in the way but the sampling of the heap. */
export async function countIn(run: () => Promise<void>): Promise<Counts> {
  const counts = { promises: 0, stringifies: 0, stringifiedChars: 0, parses: 0 };
  const hook = createHook({
    init(_id, type) {
      if (type === "PROMISE") counts.promises += 1;
    },
  });
  const { stringify, parse } = JSON;
  JSON.stringify = (...given: unknown[]) => {
    const text: string = Reflect.apply(stringify, JSON, given);
    counts.stringifies += 1;
    counts.stringifiedChars += text?.length ?? 0;
    return text;
  };
  JSON.parse = (...given: unknown[]) => {
    counts.parses += 1;
    return Reflect.apply(parse, JSON, given);
  };
  hook.enable();
  try {
    await run();
  } finally {
    hook.disable();
    Object.assign(JSON, { stringify, parse });
  }
  return { ...counts, allocatedBytes: await allocatedIn(run) };
}

async function allocatedIn(run: () => Promise<void>): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.startSampling", {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await run();
  const { profile } = await session.post("HeapProfiler.stopSampling");
  session.disconnect();
  return sizeOf(profile.head);
}

function sizeOf({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}
