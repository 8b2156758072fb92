import type { TaintSource } from "../event/index.ts";
import type { ContentPart, UserMessage } from "../message/index.ts";

/** The call whose handler the present code stands in. */
export interface OuterCall {
  readonly runId: string;
  readonly tool: string;
  readonly callId: string;
  /** How text from outside has entered its run. */
  readonly taint: readonly TaintSource[];
  /** Text from outside entered a run that the handler started. */
  onTaint(source: TaintSource): void;
}

/** A handler at work, and the one in whose run its own run stands. */
interface Nest {
  readonly outer: OuterCall;
  readonly above: Nest | undefined;
  isOpen: boolean;
}

/** The part of Node's `AsyncLocalStorage` that is used. */
interface Storage {
  getStore(): Nest | undefined;
  run<T>(nest: Nest, act: () => T): T;
}

let storage: Storage | null | undefined;

/**
 * How many handlers the present code stands in, one in the run of another: 0 outside of all. Handlers that have ended count
 * for nothing, so that work they left behind may start runs for ever. Where the platform cannot follow calls through promises
 * (a browser), it is 0 everywhere.
 */
export function nestingDepth(): number {
  let depth = 0;
  for (let nest = openNest(); nest !== undefined; nest = openAbove(nest)) depth += 1;
  return depth;
}

/** The call whose handler is at work here; undefined outside of all, and where the platform cannot tell. */
export function outerCall(): OuterCall | undefined {
  return openNest()?.outer;
}

/** What is said to a run from here: in a handler whose own run has read text from outside, that text may speak. */
export function saidHere(message: UserMessage): UserMessage {
  const outer = outerCall();
  if (outer === undefined || outer.taint.length === 0) return message;
  const { content } = message;
  const parts: readonly ContentPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return { ...message, content: parts.map((part) => ({ ...part, untrusted: true })) };
}

/** Runs a handler one level deeper. */
export function runNested<T>(outer: OuterCall, handler: () => T | Promise<T>): T | Promise<T> {
  const nests = storageOf();
  if (nests === null) return handler();
  const nest: Nest = { outer, above: openNest(), isOpen: true };
  let isUnderWay = false;
  try {
    const result = nests.run(nest, handler);
    isUnderWay = result instanceof Promise;
    return result instanceof Promise ? leaving(nest, result) : result;
  } finally {
    if (!isUnderWay) nest.isOpen = false;
  }
}

async function leaving<T>(nest: Nest, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    nest.isOpen = false;
  }
}

function openNest(): Nest | undefined {
  const nest = storageOf()?.getStore();
  return nest === undefined || nest.isOpen ? nest : openAbove(nest);
}

function openAbove(nest: Nest): Nest | undefined {
  let above = nest.above;
  while (above !== undefined && !above.isOpen) above = above.above;
  return above;
}

/** Asked for and not imported, so that the core loads where there is no Node, and nothing happens at import. */
function storageOf(): Storage | null {
  if (storage !== undefined) return storage;
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  // Node's documented module; of another platform that has the function too.
  const hooks = process?.getBuiltinModule?.("node:async_hooks") as
    | { AsyncLocalStorage?: new () => Storage }
    | undefined;
  storage = hooks?.AsyncLocalStorage === undefined ? null : new hooks.AsyncLocalStorage();
  return storage;
}
