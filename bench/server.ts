// The endpoint all contenders talk to, in a process of its own so that its work is not measured. Every address
// `/<session>/v1` answers a run's requests turn by turn: which turn it is, is told by the results that a request brings, so
// that many agents can run at once. While it is measured it does nothing but look for them, count, and keep the last
// request; that one is examined when the parent asks.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setImmediate as nextRound } from "node:timers/promises";
import { answersOf } from "./answers/index.ts";
import { examine, type Session } from "./examine.ts";
import type { Workload } from "./workload.ts";

/** From the parent: open a session for a workload, or examine one and close it. */
export type ServerRequest = { open: string; workload: Workload } | { examine: string };
/** To the parent. */
export type ServerReply = { baseURL: string } | { runs: number } | { mistake: string };

const sessions = new Map<string, Session>();
const server = createServer((request, response) => void answer(request, response));
server.keepAliveTimeout = 60_000;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = sessions.get(request.url?.split("/")[1] ?? "");
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  if (session === undefined) return void response.writeHead(404).end();
  session.requests += 1;
  const body = Buffer.concat(pieces);
  const results = resultsIn(session.workload, body);
  const turn = turnAfter(session.workload, results);
  const answers = session.answers[turn];
  if (answers === undefined) return refuse(session, response, results);
  if (turn === session.answers.length - 1) {
    session.finals += 1;
    session.last = body;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const piece of answers) {
    response.write(piece);
    if (session.workload.writes === "events") await nextRound();
  }
  response.end();
}

/** Every result that is sent back names itself so, in both protocols, however its fields are ordered. */
function resultsIn({ api }: Workload, body: Buffer): number {
  const mark = api === "chat" ? '"role":"tool"' : '"type":"function_call_output"';
  let results = 0;
  for (let at = body.indexOf(mark); at !== -1; at = body.indexOf(mark, at + mark.length)) results += 1;
  return results;
}

function turnAfter({ callsPerTurn }: Workload, results: number): number {
  return callsPerTurn === 0 ? results : results / callsPerTurn;
}

function refuse(session: Session, response: ServerResponse, results: number): void {
  const { toolTurns, callsPerTurn } = session.workload;
  session.problem = `a request brought ${results} results of tools, where at most ${toolTurns * callsPerTurn}, whole turns of them, had been asked for`;
  response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: session.problem }));
}

function reply(request: ServerRequest): ServerReply {
  if ("open" in request) {
    const { open, workload } = request;
    const answers = answersOf(workload);
    sessions.set(open, { workload, answers, requests: 0, finals: 0, last: Buffer.alloc(0) });
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

// Five thousand agents connect at once: what does not fit into the backlog would wait a second to try again.
server.listen({ port: 0, host: "127.0.0.1", backlog: 8192 }, () => {
  // Only our own parent speaks on this channel, in the words of ServerRequest.
  process.on("message", (request) => process.send?.(reply(request as ServerRequest)));
  process.on("disconnect", () => process.exit());
});
