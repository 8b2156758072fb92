// The endpoint all contenders talk to, in a process of its own so that its work is not measured. Every address
// `/<session>/v1` answers with the turns of one run, over and over. It does nothing while it is measured but count and
// keep the last request; that one is examined when the parent asks.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { answersOf } from "./answers.ts";
import type { Workload } from "./workloads.ts";

/** From the parent: open a session for a workload, or examine one and close it. */
export type ServerRequest = { open: string; workload: Workload } | { examine: string };
/** To the parent. */
export type ServerReply = { baseURL: string } | { runs: number } | { mistake: string };

interface Session {
  workload: Workload;
  answers: readonly (readonly Buffer[])[];
  requests: number;
  last: Buffer;
}

const sessions = new Map<string, Session>();
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = sessions.get(request.url?.split("/")[1] ?? "");
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  if (session === undefined) return void response.writeHead(404).end();
  session.last = Buffer.concat(pieces);
  const slices = session.answers[session.requests % session.answers.length] ?? [];
  session.requests += 1;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const slice of slices) response.write(slice);
  response.end();
}

const message = z.object({
  role: z.string(),
  content: z.unknown(),
  tool_calls: z.array(z.object({ id: z.string() })).optional(),
  tool_call_id: z.string().optional(),
});
const body = z.object({ stream: z.literal(true), tools: z.array(z.unknown()).optional(), messages: z.array(message) });

/** Whole runs, each ended by a request that holds every call with its result. */
function examine({ workload, answers, requests, last }: Session): ServerReply {
  if (requests === 0 || requests % answers.length !== 0) {
    return { mistake: `${requests} requests came, which is no whole number of runs of ${answers.length}.` };
  }
  const { messages } = body.parse(JSON.parse(last.toString()));
  const called = messages.flatMap(({ tool_calls }) => tool_calls?.map(({ id }) => id) ?? []);
  const answered = messages.filter(({ role }) => role === "tool").map(({ tool_call_id }) => tool_call_id);
  const calls = workload.toolTurns * workload.callsPerTurn;
  const wanted = Array.from({ length: calls }, (_, place) => `call_${place}`);
  const isWhole = [called, answered].every((ids) => ids.join() === wanted.join());
  const results = messages.filter(({ role, content }) => role === "tool" && String(content).includes("celsius"));
  if (isWhole && results.length === calls) return { runs: requests / answers.length };
  const sum = `${called.length} calls, ${answered.length} results, ${results.length} of them with the schema's default`;
  return { mistake: `The last request of a run held ${sum}; ${calls} of each were to be there, in order.` };
}

function reply(request: ServerRequest): ServerReply {
  if ("open" in request) {
    const { open, workload } = request;
    sessions.set(open, { workload, answers: answersOf(workload), requests: 0, last: Buffer.alloc(0) });
    return { baseURL: `http://127.0.0.1:${port()}/${open}/v1` };
  }
  const session = sessions.get(request.examine);
  sessions.delete(request.examine);
  return session === undefined ? { mistake: `No session ${request.examine}.` } : examine(session);
}

function port(): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server of the benchmark is not listening.");
  return address.port;
}

server.listen(0, "127.0.0.1", () => {
  // Only our own parent speaks on this channel, in the words of ServerRequest.
  process.on("message", (request) => process.send?.(reply(request as ServerRequest)));
  process.on("disconnect", () => process.exit());
});
