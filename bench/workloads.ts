/** One kind of work, done by every contender. A new one is a new line below: the server and the checks follow from it. */
export interface Workload {
  name: string;
  /** For the table. */
  title: string;
  /** Turns that call tools; after them comes one that answers. */
  toolTurns: number;
  /** Calls in each of those turns. */
  callsPerTurn: number;
  /** Chunks of text in the answer. */
  textChunks: number;
  /** Runs before the clock starts: a first run costs about ten times a later one. */
  warmups: number;
  /** Runs that are measured together, so that the shorter workloads are well above the clock's grain. */
  runs: number;
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: "text",
    title: "one answer of 20,000 chunks",
    toolTurns: 0,
    callsPerTurn: 0,
    textChunks: 20_000,
    warmups: 5,
    runs: 10,
  },
  {
    name: "calls",
    title: "20 turns of 4 calls",
    toolTurns: 20,
    callsPerTurn: 4,
    textChunks: 20,
    warmups: 20,
    runs: 40,
  },
  {
    name: "turns",
    title: "400 turns of 1 call",
    toolTurns: 400,
    callsPerTurn: 1,
    textChunks: 20,
    warmups: 2,
    runs: 4,
  },
];

/** The same work in a size that only shows that it is done right. */
export function small(workload: Workload): Workload {
  const { toolTurns, textChunks } = workload;
  return {
    ...workload,
    toolTurns: Math.min(toolTurns, 10),
    textChunks: Math.min(textChunks, 2_000),
    warmups: 1,
    runs: 2,
  };
}
