/** What a model asks for in one turn, or says as its last. */
export type ScriptTurn = { readonly calls: readonly ScriptCall[] } | { readonly text: string };

export interface ScriptCall {
  readonly tool: ToolName;
  readonly n: number;
}

/** The tools of the crash tests, by what they declare. `refund` is `pay` that a person must agree to; `fetch` brings text from outside. */
export const TOOL_NAMES = ["look", "upsert", "pay", "notify", "refund", "fetch"] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** A decision as a process is told of it. */
export interface GivenAnswer {
  approve: boolean;
  reason?: string;
  input?: unknown;
  hash?: string;
}

/** What one process is to do: begin the run, or carry it on from where its record ends. */
export interface Job {
  kind: "files" | "sqlite";
  folder: string;
  runId: string;
  /** Of the world outside, without a slash at its end. */
  url: string;
  /** The point at which the process kills itself, from 1; absent: it does not. */
  killAt?: number;
  approvals?: Readonly<Record<string, GivenAnswer>>;
  /** Write to the disk at each append. */
  fsync?: "always";
  /** Asks for the run again and again until it has ended, as one of several that want it. */
  race?: { leaseMs: number; until: number };
}

/** What a process says, one line each, at the moment it happens. */
export type Said =
  /** These events are stored: its append has returned. */
  | { type: "stored"; events: readonly { seq: number; type: string; epoch?: string }[] }
  /** It kills itself here. */
  | { type: "killed"; at: string }
  /** It has begun its work: everything is loaded. */
  | { type: "ready" }
  /** The segment has ended. */
  | { type: "ended"; status: string; waiting: readonly WaitingSaid[]; code?: string; points: number }
  /** What was thrown instead. */
  | { type: "refused"; code: string; message: string };

export interface WaitingSaid {
  callId: string;
  reason: string;
}
