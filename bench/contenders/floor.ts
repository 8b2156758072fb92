import { Agent, type IncomingMessage, request } from "node:http";
import type { Contender } from "../work.ts";
import { handWritten } from "./hand-written.ts";

const agent = new Agent({ keepAlive: true });

async function post(url: string, body: string): Promise<AsyncIterable<string>> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    request(url, { method: "POST", agent, headers }, resolve).on("error", reject).end(body);
  });
  if (answer.statusCode !== 200) throw new Error(`The server answered ${answer.statusCode}.`);
  return answer.setEncoding("utf8");
}

/** By hand on `node:http`: the floor that all ratios are taken to. */
export const contender: Contender = handWritten(post);
