// Secrets planted by tests begin like this. None may appear in what a run of the suite prints, whoever prints it: a test,
// what it tests, a failed comparison, a process of its own. Runs in the main process of vitest, before and after all tests.
const PLANTED = /(?:sim_canary|xai-canary)[\w-]*/g;

/** Longer than any planted secret: one may lie across two writes. */
const OVERLAP = 200;

/** Watches what this process writes; workers write through it. The returned function ends it, and fails when it saw one. */
export default function setup(): () => void {
  const seen = new Set<string>();
  const restore = [process.stdout, process.stderr].map((stream) => watch(stream, seen));
  return () => {
    for (const end of restore) end();
    if (seen.size === 0) return;
    // The secrets are invented: to see them is how to find who printed them.
    process.exitCode = 1;
    throw new Error(`The suite printed planted secrets: ${[...seen].join(", ")}`);
  };
}

function watch(stream: NodeJS.WriteStream, seen: Set<string>): () => void {
  const write = stream.write;
  let tail = "";
  // As: the overloads of `write` differ in what follows the text, which is passed on as it is.
  stream.write = ((chunk: string | Uint8Array, ...rest: []) => {
    const text = tail + (typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
    for (const [found] of text.matchAll(PLANTED)) seen.add(found);
    tail = text.slice(-OVERLAP);
    return write.call(stream, chunk, ...rest);
  }) as typeof stream.write;
  return () => {
    stream.write = write;
  };
}
