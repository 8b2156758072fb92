/** One kind of work, done by every contender. The server's answers and the checks follow from it. */
export interface Workload {
  name: string;
  /** For tables: what one run is. */
  title: string;
  /** Which of xAI's protocols the server speaks. Server calls and citations exist in `responses` alone. */
  api: "chat" | "responses";
  /** Turns that call tools; after them comes one that answers. */
  toolTurns: number;
  /** Calls in each of those turns. */
  callsPerTurn: number;
  /** Length of the arguments of each call, sent in pieces of 16 bytes. Absent: small, and whole in one chunk as xAI sends them. */
  argumentBytes?: number;
  /** Chunks of text in the answer. */
  textChunks: number;
  /** Calls of tools that the server itself runs, in the first turn. */
  serverCalls: number;
  /** Citations in the answer. */
  citations: number;
  /** Agents that do all this at the same time. */
  agents: number;
  /** How the server writes: in slices as TLS hands them out, or one write for each event. */
  writes: "slices" | "events";
  /** Runs before the clock starts: a first run costs about ten times a later one. */
  warmups: number;
  /** Runs that are measured together, so that the shorter workloads are well above the clock's grain. */
  runs: number;
  /** So much work that peers are measured once and the others three times. */
  isHeavy?: boolean;
  /** To which contender its ratios are taken. Default: the floor. */
  base?: string;
  /** The contenders it is for. Default: all that are for every workload. */
  contenders?: readonly string[];
  /** Further ones that are for some workloads alone. */
  also?: readonly string[];
  /** The same work in a size for CI. */
  small: Partial<Pick<Workload, "toolTurns" | "textChunks" | "agents" | "argumentBytes" | "warmups" | "runs">>;
}

/** A turn of functions, one answer, one agent: what a workload says nothing else about. */
export const ORDINARY: Omit<Workload, "name" | "title" | "warmups" | "runs" | "small"> = {
  api: "chat",
  toolTurns: 0,
  callsPerTurn: 0,
  textChunks: 20,
  serverCalls: 0,
  citations: 0,
  agents: 1,
  writes: "slices",
};

/** Turns of one run: those that call tools and the one that answers. */
export function turnsOf({ toolTurns }: Workload): number {
  return toolTurns + 1;
}
