import type { AgentOptions, RunSettings } from "./agent-options.ts";
import type { AgentParts } from "./agent-parts.ts";
import { AgentError } from "./errors.ts";
import {
  addTaint,
  type NewEvent,
  RECORD_VERSION,
  type RunLimits,
  type RunStartedEvent,
  type TaintSource,
} from "./event/index.ts";
import type { RunRecord } from "./journal/index.ts";
import type { Followed } from "./loop/index.ts";
import { isCompaction, type Message, pairMessages, type ToolMessage, type UserMessage } from "./message/index.ts";
import {
  busy,
  followFrom,
  openConversation,
  type Past,
  pastOf,
  type StoreHold,
  steerRun,
  waitForConversation,
} from "./resume/index.ts";
import type { RunStore } from "./store/index.ts";
import { type OuterCall, ownCopy, type Toolbox } from "./tool/index.ts";

/** What a run is begun from. */
export interface Beginning {
  parts: AgentParts;
  given: RunSettings & { context?: unknown };
  input: readonly Message[];
  limits: RunLimits;
  /** That it is a part of: its own id where there is no other. */
  conversation: string;
  /** Absent without a store. */
  hold?: StoreHold | undefined;
  outer?: OuterCall | undefined;
  leaseMs: number;
  /** The run that is played again. */
  replays?: string | undefined;
}

const NOTHING: Past = { messages: [], taint: [] };

/** Takes the run and its conversation, and says how the run begins; or which other run is followed instead. */
export async function beginRun(
  beginning: Beginning,
  signal: AbortSignal,
  record: Pick<RunRecord, "notBefore">,
): Promise<readonly NewEvent[] | Followed> {
  const { parts, given, hold } = beginning;
  const { store } = parts.options;
  let past = NOTHING;
  if (store !== undefined && hold !== undefined) {
    const taken = await hold.opening(takeConversation(beginning, store, signal));
    if ("next" in taken) return taken;
    past = taken;
    // Two runs may begin in one millisecond, and a clock may be set back: the next one must find this one as the last.
    if (past.startedAt !== undefined) record.notBefore(past.startedAt + 1);
  }
  if (signal.aborted) {
    await hold?.release(); // stopped while it waited: nobody else may wait for what nobody uses
    signal.throwIfAborted();
  }
  return await startedEvents(beginning, past, await instructionsFor(parts.options, given.context));
}

async function takeConversation(beginning: Beginning, store: RunStore, signal: AbortSignal): Promise<Past | Followed> {
  const { given, leaseMs, parts, hold } = beginning;
  const branched =
    given.branch === undefined ? undefined : await pastOf(store, given.branch.runId, given.branch.messages);
  const { conversation } = given;
  if (conversation === undefined) {
    await hold?.take();
    return branched ?? NOTHING;
  }
  const open = (): ReturnType<typeof openConversation> => openConversation(store, conversation, leaseMs);
  let opened = await open();
  if (opened.type === "busy" && given.onBusy === "steer" && opened.runId !== undefined) {
    const followed = await steered(beginning, { store, runId: opened.runId }, signal);
    if (followed !== undefined) return followed;
    opened = await open();
  }
  if (opened.type === "busy" && given.onBusy === "queue") {
    opened = await waitForConversation({ store, id: conversation, open, clock: parts.runtime.clock, signal });
  }
  if (opened.type === "busy") throw busy(conversation, opened);
  if (isApart(given)) {
    await opened.lease?.release();
    await hold?.take();
  } else await hold?.take(opened.lease);
  return branched === undefined
    ? opened.past
    : { ...opened.past, ...branched, taint: [...branched.taint, ...opened.past.taint] };
}

/** Whether the run reads its conversation and is no part of it: what a rehearsal says was done has not been done. */
export function isApart({ effects }: RunSettings): boolean {
  return effects === "rehearse";
}

/** Says the input to the run that is under way. Undefined when that ended without having taken it. */
async function steered(
  { input, parts }: Beginning,
  { store, runId }: { store: RunStore; runId: string },
  signal: AbortSignal,
): Promise<Followed | undefined> {
  const message = input.at(-1);
  if (input.length !== 1 || message?.role !== "user") {
    throw new AgentError(
      "invalid_option",
      'onBusy: "steer" takes one user message as the input: nothing else can be said to a run under way.',
    );
  }
  const sent = await steerRun(store, runId, message as UserMessage);
  if (sent.status === "ended") return undefined;
  return await followFrom({ store, runId, clock: parts.runtime.clock }, sent.letter, signal);
}

/** The first events of a run. Without a past when it could not even begin. */
export async function startedEvents(
  beginning: Beginning,
  past: Past,
  instructions: string | undefined,
): Promise<readonly NewEvent[]> {
  const fingerprint = await beginning.parts.fingerprint();
  return started(beginning, past, { ...(instructions === undefined ? {} : { instructions }), fingerprint });
}

export function started(
  { parts, given, input, limits, conversation, outer, replays }: Beginning,
  past: Past,
  more: Pick<RunStartedEvent, "instructions" | "fingerprint">,
): readonly NewEvent[] {
  const { options, model, toolbox } = parts;
  // A copy: what the application, or a handler of it, does to its messages later changes no record.
  const history = given.messages ?? past.messages;
  const { messages, repairs } = pairMessages(ownCopy([...history, ...input]));
  // What the conversation read is known from its runs; messages that were handed in are looked at.
  const taint = taintOf({ toolbox, past, handedIn: [...(given.messages ?? []), ...input], outer });
  const start: NewEvent = {
    type: "run.started",
    version: RECORD_VERSION,
    turn: 0,
    agent: options.name,
    model: model.id,
    api: model.api,
    tools: [...toolbox.names, ...toolbox.serverTools.map((tool) => tool.name)],
    messages,
    limits,
    conversation,
    ...more,
    ...(given.settings === undefined ? {} : { settings: JSON.parse(JSON.stringify(given.settings)) }),
    ...(given.effects === undefined ? {} : { effects: given.effects }),
    ...(given.onLimit === undefined ? {} : { onLimit: given.onLimit }),
    ...(taint.length === 0 ? {} : { taint }),
    ...(past.runId === undefined || given.branch !== undefined ? {} : { continues: past.runId }),
    ...(replays === undefined ? {} : { replays }),
    ...(given.branch === undefined ? {} : { branch: { runId: given.branch.runId, messages: history.length } }),
  };
  return [
    start,
    ...repairs.map((message): NewEvent => ({ type: "warning", turn: 0, code: "history_repaired", message })),
    ...adviceOn(toolbox).map((message): NewEvent => ({ type: "warning", turn: 0, code: "server_tool", message })),
  ];
}

interface TaintedBy {
  toolbox: Toolbox;
  past: Past;
  handedIn: readonly Message[];
  outer: OuterCall | undefined;
}

/** How text from outside had come in before the run began: by its conversation, by the run it stands in, or with the messages it was given. */
function taintOf({ toolbox, past, handedIn, outer }: TaintedBy): readonly TaintSource[] {
  const taint: TaintSource[] = [];
  addTaint(taint, past.taint);
  if (outer !== undefined && outer.taint.length > 0) {
    addTaint(taint, [{ by: "conversation", runId: outer.runId, tool: outer.taint[0]?.tool ?? outer.tool }]);
  }
  for (const message of handedIn) {
    if (message.role === "tool" && bringsText(message, toolbox)) {
      addTaint(taint, [{ by: "history", ...(message.tool === undefined ? {} : { tool: message.tool }) }]);
    }
    // What xAI made of a conversation cannot be looked into: text from outside may be in it.
    if (isCompaction(message)) addTaint(taint, [{ by: "history" }]);
    if (message.role === "assistant" && hasServerItems(message.raw?.items ?? [])) addTaint(taint, [{ by: "history" }]);
  }
  return taint;
}

/** As the run said that it came from, or by the tool that it came from. */
function bringsText({ tool, untrusted }: ToolMessage, toolbox: Toolbox): boolean {
  return untrusted === true || (tool !== undefined && toolbox.get(tool)?.origin === "external");
}

/** Items of calls that the server made itself: what they found stands in the conversation. */
function hasServerItems(items: readonly unknown[]): boolean {
  return items.some((item) => {
    const type = (item as { type?: unknown } | null)?.type; // of an object, or undefined of whatever else stands there
    return typeof type === "string" && SERVER_ITEM.test(type) && type !== "function_call" && type !== "tool_use";
  });
}

const SERVER_ITEM = /_call$|^server_tool_use$|_tool_result$|^mcp/;

/** What is allowed of server tools and may fail all the same. */
function adviceOn({ serverTools }: Toolbox): readonly string[] {
  return serverTools.flatMap((tool) => tool.advice ?? []);
}

export async function instructionsFor(
  { instructions, name }: AgentOptions,
  context: unknown,
): Promise<string | undefined> {
  if (instructions === undefined) return undefined;
  // A run cannot be started without the context its tools need; that is checked where `run` and `stream` are typed.
  const text = typeof instructions === "string" ? instructions : await instructions(context as never);
  if (typeof text !== "string" || text === "") {
    throw new AgentError(
      "invalid_option",
      `The instructions of "${name}" came to ${typeof text === "string" ? "an empty text" : typeof text}; leave them out or return a text.`,
    );
  }
  return text;
}
