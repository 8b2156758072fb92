import { ORDINARY, type Workload } from "../workload.ts";

/** What xAI's own tools cost to follow: searches on the web and on X beside a function, then an answer that cites. */
export const responses: Workload = {
  ...ORDINARY,
  name: "responses",
  title: "Responses: 12 server calls, 2,000 chunks, 40 citations",
  api: "responses",
  toolTurns: 1,
  callsPerTurn: 1,
  textChunks: 2_000,
  serverCalls: 12,
  citations: 40,
  warmups: 40,
  runs: 20,
  small: { textChunks: 400, warmups: 15, runs: 20 },
};
