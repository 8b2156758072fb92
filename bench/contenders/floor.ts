import { Agent, type IncomingMessage, request } from "node:http";
import type { Contender } from "../work.ts";
import { handWritten, type Post } from "./hand-written.ts";

export function postOver(agent: Agent): Post {
  return async (url, body) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      request(url, { method: "POST", agent, headers }, resolve).on("error", reject).end(body);
    });
    if (answer.statusCode !== 200) throw new Error(`The server answered ${answer.statusCode}.`);
    return answer.setEncoding("utf8");
  };
}

/** By hand on `node:http`, with a socket for each request: the floor that all ratios are taken to. */
export const contender: Contender = handWritten(postOver(new Agent({ keepAlive: true })));
