import { Agent, request } from "undici";
import { handWritten } from "../contenders/hand-written.ts";
import type { Contender } from "../work.ts";

const dispatcher = new Agent();

async function post(url: string, body: string): Promise<AsyncIterable<string>> {
  const headers = { "content-type": "application/json" };
  const answer = await request(url, { method: "POST", body, headers, dispatcher });
  if (answer.statusCode !== 200) throw new Error(`The server answered ${answer.statusCode}.`);
  return answer.body.setEncoding("utf8");
}

/** By hand on undici's `request`: what of a ratio is the transport's. */
export const contender: Contender = handWritten(post);
