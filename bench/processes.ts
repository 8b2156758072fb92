import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Counts } from "./counting.ts";
import type { Job, Measured, MeasureReply } from "./measure.ts";
import type { ServerReply, ServerRequest } from "./server.ts";
import type { Workload } from "./workload.ts";

/** A process that answers one message with one message. */
interface Peer<Request, Reply> extends AsyncDisposable {
  ask(request: Request): Promise<Reply>;
}

/**
 * Node itself strips the types: what tsx makes of the source names every function anew, which costs time that users of
 * the package do not pay.
 */
const NODE_FLAGS: readonly string[] = ["--conditions=fairwitness-dev", "--expose-gc", "--disable-warning=DEP0205"];

/** No measurement takes longer, on a busy machine either: whoever is not done by then is stopped, and the table says so. */
const PATIENCE_MS = 900_000;

function start<Request extends object, Reply>(file: string): Peer<Request, Reply> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, { execArgv: [...NODE_FLAGS], env: environment() });
  const exit = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.disconnect();
    await ended;
  };
  return {
    async ask(request) {
      child.send(request);
      return (await firstMessage(child, file)) as Reply; // the files at both ends share the type
    },
    [Symbol.asyncDispose]: exit,
  };
}

/** What peers are told of a person's shell would measure that shell; none may send anything to anybody. */
function environment(): NodeJS.ProcessEnv {
  const quiet = {
    NODE_OPTIONS: "",
    OPENAI_AGENTS_DISABLE_TRACING: "1",
    MASTRA_TELEMETRY_DISABLED: "1",
    LANGCHAIN_TRACING_V2: "false",
    LANGSMITH_TRACING: "false",
    DO_NOT_TRACK: "1",
  };
  return { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...quiet };
}

/** @throws {Error} when the process ends instead, or takes too long; then it is ended. */
async function firstMessage(child: ChildProcess, file: string): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  try {
    const ended = once(child, "exit", { signal }).then(([code, killed]) => {
      if (killed === "SIGKILL") throw new Error(`not done after ${PATIENCE_MS / 1000} s`);
      throw new Error(`${file} ended with ${code ?? killed} before it had answered`);
    });
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message;
  } finally {
    clearTimeout(patience);
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
  time(job: Omit<Job, "what">): Promise<Measured>;
  counts(job: Omit<Job, "what">): Promise<Counts>;
}

export function startMeasurer(): Measurer {
  const peer = start<Job, MeasureReply>("./measure.ts");
  const ask = async (job: Job): Promise<Measured | Counts> => {
    const reply = await peer.ask(job);
    if ("mistake" in reply) throw new Error(reply.mistake);
    return reply;
  };
  return {
    async time(job) {
      const reply = await ask({ ...job, what: "time" });
      if (!("cpuMs" in reply)) throw new Error("The contender measured no time.");
      return reply;
    },
    async counts(job) {
      const reply = await ask({ ...job, what: "counts" });
      if (!("promises" in reply)) throw new Error("The contender counted nothing.");
      return reply;
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
