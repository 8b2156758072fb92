import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, Measured, MeasureReply } from "./measure.ts";
import type { ServerReply, ServerRequest } from "./server.ts";
import type { Workload } from "./workloads.ts";

/** A process that answers one message with one message. */
interface Peer<Request, Reply> extends AsyncDisposable {
  ask(request: Request): Promise<Reply>;
}

/**
 * Node itself strips the types: what tsx makes of the source names every function anew, which costs time that users of
 * the package do not pay.
 */
const NODE_FLAGS: readonly string[] = ["--conditions=fairwitness-dev", "--expose-gc"];

function start<Request extends object, Reply>(file: string, args: readonly string[] = []): Peer<Request, Reply> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, args, { execArgv: [...NODE_FLAGS], env: { ...process.env, NODE_OPTIONS: "" } });
  return {
    async ask(request) {
      child.send(request);
      return (await firstMessage(child, file)) as Reply; // the files at both ends share the type
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** @throws {Error} when the process ends instead. */
async function firstMessage(child: ChildProcess, file: string): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const ended = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`${file} ended with ${code} before it had answered.`);
    });
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message;
  } finally {
    over.abort();
  }
}

/** The endpoint of the benchmark. */
export interface BenchServer extends AsyncDisposable {
  /** Where a workload is served. */
  open(session: string, workload: Workload): Promise<string>;
  /** Throws unless whole runs were asked for, with every call and its result in the last request of each. */
  examine(session: string): Promise<number>;
}

export async function startServer(): Promise<BenchServer> {
  const peer = start<ServerRequest, ServerReply>("./server.ts");
  const ask = async (request: ServerRequest): Promise<Exclude<ServerReply, { mistake: string }>> => {
    const reply = await peer.ask(request);
    if ("mistake" in reply) throw new Error(reply.mistake);
    return reply;
  };
  return {
    async open(session, workload) {
      const reply = await ask({ open: session, workload });
      if (!("baseURL" in reply)) throw new Error("The server gave no address.");
      return reply.baseURL;
    },
    async examine(session) {
      const reply = await ask({ examine: session });
      if (!("runs" in reply)) throw new Error("The server counted no runs.");
      return reply.runs;
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

/** A process that has loaded nothing yet but what it needs to be asked. */
export interface Measurer extends AsyncDisposable {
  measure(job: Job): Promise<Measured>;
}

export function startMeasurer(contender: string): Measurer {
  const peer = start<Job, MeasureReply>("./measure.ts", [contender]);
  return {
    async measure(job) {
      const reply = await peer.ask(job);
      if ("mistake" in reply) throw new Error(`${contender} did not do its work: ${reply.mistake}`);
      return reply;
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
