import type { Workload } from "../workload.ts";
import { agents100 } from "./agents-100.ts";
import { agents1000 } from "./agents-1000.ts";
import { agents5000 } from "./agents-5000.ts";
import { arguments1m } from "./arguments-1m.ts";
import { arguments64k } from "./arguments-64k.ts";
import { calls } from "./calls.ts";
import { records } from "./records.ts";
import { responses } from "./responses.ts";
import { text } from "./text.ts";
import { turns50 } from "./turns-50.ts";
import { turns400 } from "./turns-400.ts";
import { writes } from "./writes.ts";

/** A new workload is a file and a line here. */
export const WORKLOADS: readonly Workload[] = [
  text,
  writes,
  calls,
  turns50,
  turns400,
  agents100,
  agents1000,
  agents5000,
  arguments64k,
  arguments1m,
  responses,
  records,
];

/** The same work in a size for CI. */
export function small(workload: Workload): Workload {
  return { ...workload, ...workload.small };
}
