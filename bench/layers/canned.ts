import { setTimeout as sleep } from "node:timers/promises";
import type { Transport } from "../../src/index.ts";
import { answersOf } from "../answers/index.ts";
import type { Post } from "../contenders/hand-written.ts";
import type { Workload } from "../workload.ts";

/**
 * Answers without a network, turn by turn for each agent: what is left of the cost is ours.
 * @param pauseMs So long the process sleeps before each, as it does while it waits for a server.
 */
export function cannedTransport(workload: Workload, pauseMs = 0): Transport {
  const answerTo = cannedAnswers(workload);
  return async ({ body = new Uint8Array() }) => {
    if (pauseMs > 0) await sleep(pauseMs);
    return {
      status: 200,
      header: (name) => (name === "content-type" ? "text/event-stream" : undefined),
      body: eachOf(answerTo(Buffer.from(body.buffer, body.byteOffset, body.byteLength))),
    };
  };
}

/** The same for a loop by hand. */
export function cannedPost(workload: Workload, pauseMs = 0): Post {
  const answerTo = cannedAnswers(workload);
  return async (_url, body) => {
    if (pauseMs > 0) await sleep(pauseMs);
    return texts(answerTo(Buffer.from(body)));
  };
}

/** By hand and not as a generator: it should cost what a socket's reader costs, and no more. */
function eachOf(reads: readonly Buffer[]): AsyncIterableIterator<Uint8Array, undefined> {
  let next = 0;
  return {
    async next() {
      const value = reads[next];
      next += 1;
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    async return() {
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* texts(reads: readonly Buffer[]): AsyncGenerator<string> {
  for (const read of reads) yield read.toString(); // the text of the answers is plain ASCII
}

/** As the server of the benchmark does it: the results in a request tell which turn it asks for. */
function cannedAnswers(workload: Workload): (body: Buffer) => readonly Buffer[] {
  const answers = answersOf(workload);
  return (body) => {
    let results = 0;
    for (let at = body.indexOf(MARK); at !== -1; at = body.indexOf(MARK, at + MARK.length)) results += 1;
    const answer = answers[workload.callsPerTurn === 0 ? 0 : results / workload.callsPerTurn];
    if (answer === undefined) throw new Error(`A request of ${workload.name} brought ${results} results.`);
    return answer;
  };
}

const MARK = '"role":"tool"';
