import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Agent,
  createAgent,
  createClient,
  defineTool,
  type Run,
  type RunEvent,
  type RunStore,
  type Transport,
  webSearch,
  xSearch,
} from "../../src/index.ts";
import {
  type Contender,
  type Done,
  MODEL,
  QUESTION,
  TOOL_DESCRIPTION,
  TOOL_NAME,
  temperature,
  toolInput,
} from "../work.ts";
import type { Workload } from "../workload.ts";

/** How one form of fairwitness differs from the plain one. */
export interface Form {
  /** Reads all events of the run, into `seen`. Default: each event by itself. */
  read?: (run: Run, seen: Seen) => Promise<void>;
  store?: () => RunStore;
  transport?: Transport;
  /** No bound on the requests in flight. Default: that of a client, 64. */
  isUnbounded?: boolean;
}

/** What a reader counts. */
export type Seen = Omit<Done, "text">;

/** An agent as the README makes one, of which the whole work is seen by a reader. */
export function fairwitness({ read = readEvents, store, transport, isUnbounded = false }: Form = {}): Contender {
  return (workload, baseURL) => {
    const agent = makeAgent(workload, {
      baseURL,
      isUnbounded,
      ...(store === undefined ? {} : { store: store() }),
      ...(transport === undefined ? {} : { transport }),
    });
    return async () => {
      const run = agent.stream(QUESTION);
      const seen: Seen = { textChunks: 0, serverCalls: 0, citations: 0 };
      await read(run, seen);
      const result = await run.result();
      if (result.status !== "completed")
        throw new Error(`The run ended as ${result.status}: ${JSON.stringify(result)}`);
      return { ...seen, text: result.text };
    };
  };
}

interface Parts {
  baseURL: string;
  isUnbounded: boolean;
  store?: RunStore;
  transport?: Transport;
}

function makeAgent(
  { toolTurns, serverCalls, agents }: Workload,
  { baseURL, isUnbounded, store, transport }: Parts,
): Agent {
  const getTemperature = defineTool({
    name: TOOL_NAME,
    description: TOOL_DESCRIPTION,
    input: toolInput,
    effect: "read",
    execute: (input) => temperature(input),
  });
  const client = createClient({
    apiKey: "bench",
    baseURL,
    ...(isUnbounded ? { maxInFlight: agents } : {}),
    ...(transport === undefined ? {} : { transport }),
  });
  return createAgent({
    name: "bench",
    model: client.model(MODEL),
    tools: serverCalls > 0 ? [getTemperature, webSearch(), xSearch()] : [getTemperature],
    limits: { turns: toolTurns + 1 },
    ...(store === undefined ? {} : { store }),
  });
}

export async function readEvents(run: Run, seen: Seen): Promise<void> {
  for await (const event of run) count(event, seen);
}

export function count(event: RunEvent, seen: Seen): void {
  if (event.type === "text.delta") seen.textChunks += 1;
  else if (event.type === "citation") seen.citations += 1;
  else if (event.type === "tool.completed" && event.call.executor === "server") seen.serverCalls += 1;
}

/** Reads the run twice at the same time. */
export async function readTwice(run: Run, seen: Seen): Promise<void> {
  const second: Seen = { textChunks: 0, serverCalls: 0, citations: 0 };
  const further = async (): Promise<void> => {
    for await (const event of run.events()) count(event, second);
  };
  await Promise.all([readEvents(run, seen), further()]);
  if (second.textChunks === seen.textChunks) return;
  throw new Error(`The second reader saw ${second.textChunks} chunks of ${seen.textChunks}.`);
}

/** A folder that is gone with the process. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fairwitness-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
