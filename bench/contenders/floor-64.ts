import { Agent } from "node:http";
import type { Contender } from "../work.ts";
import { postOver } from "./floor.ts";
import { handWritten } from "./hand-written.ts";

/** The floor with as many sockets as fairwitness has requests in flight by default: what of a ratio is the bound's. */
export const contender: Contender = handWritten(postOver(new Agent({ keepAlive: true, maxSockets: 64 })));
