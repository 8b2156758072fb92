import type { ContentPart, Message, ToolKind } from "../message/index.ts";

/**
 * Where text from outside came in: the web, X, an MCP server, a tool of `origin: "external"`, a message part that was marked
 * untrusted, or another run that it had entered.
 */
export interface TaintSource {
  /**
   * `server_tool`: xAI ran it. `external_tool`: one of ours, declared so. `child_run`: a handler ran an agent that was tainted.
   * `conversation`: an earlier run of the conversation, or the one it branched from. `history`: messages that were handed in.
   * `input`: a part marked untrusted.
   */
  by: "server_tool" | "external_tool" | "child_run" | "conversation" | "history" | "input";
  /** The tool it came through, where there was one. */
  tool?: string;
  callId?: string;
  /** The run it came in by, when it is another one. */
  runId?: string;
  /** What was asked of the tool, in short: a query, an address. */
  asked?: string;
}

/** Sources by which a run is called tainted: more would say nothing new, and a record must not grow by each search. */
const MOST_SOURCES = 16;

/** Adds sources that are not there yet, one for each way in. Never takes one away. */
export function addTaint(known: TaintSource[], sources: readonly TaintSource[]): void {
  for (const source of sources) {
    if (known.length >= MOST_SOURCES) return;
    if (!known.some((other) => isSameWay(other, source))) known.push({ ...source });
  }
}

/**
 * The same for a call of ours: calls of one turn are named in their order, whichever of them ends first.
 * @param later Ids of the calls of its turn that stand behind it.
 */
export function addTaintOfCall(known: TaintSource[], source: TaintSource, later: ReadonlySet<string>): void {
  const isLater = ({ callId }: TaintSource): boolean => callId !== undefined && later.has(callId);
  const same = known.findIndex((other) => isSameWay(other, source));
  const found = known[same];
  if (found === undefined ? known.length >= MOST_SOURCES : !isLater(found)) return;
  if (found !== undefined) known.splice(same, 1);
  const at = known.findIndex(isLater);
  known.splice(at === -1 ? known.length : at, 0, { ...source });
}

function isSameWay(a: TaintSource, b: TaintSource): boolean {
  return a.by === b.by && a.tool === b.tool && a.runId === b.runId;
}

/** One sentence for people: where the text came from. */
export function describeTaint({ by, tool, runId, asked }: TaintSource): string {
  const what = asked === undefined ? "" : ` (${asked})`;
  switch (by) {
    case "server_tool":
      return `${tool ?? "a tool"} of xAI${what}`;
    case "external_tool":
      return `the tool ${tool ?? ""}, which reads from outside${what}`;
    case "child_run":
      return `the run ${runId ?? ""} that ${tool ?? "a tool"} started`;
    case "conversation":
      return `the earlier run ${runId ?? ""} of the conversation${tool === undefined ? "" : ` (${tool})`}`;
    case "history":
      return `the messages that the run was given${tool === undefined ? "" : ` (${tool})`}`;
    case "input":
      return "a part of the input that was marked untrusted";
    default:
      return by satisfies never;
  }
}

/** Kinds of server tools that bring text in from outside; one that is not known may. */
const BRINGS_TEXT: ReadonlySet<ToolKind> = new Set<ToolKind>(["web_search", "x_search", "mcp", "other"]);

export function bringsText(kind: ToolKind): boolean {
  return BRINGS_TEXT.has(kind);
}

/** Parts of a message that were marked as text from outside. */
export function untrustedIn({ content }: Message): readonly TaintSource[] {
  if (typeof content === "string") return [];
  return content.some(isUntrusted) ? [{ by: "input" }] : [];
}

export function isUntrusted({ untrusted }: Pick<ContentPart, "untrusted">): boolean {
  return untrusted === true;
}
