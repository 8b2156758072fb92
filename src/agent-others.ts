import type { RunSettings } from "./agent-options.ts";
import { AgentError } from "./errors.ts";

/** @throws {AgentError} `invalid_option` for what no run can be kept in. */
export function checkStore(agent: string, store: unknown): void {
  if (store === undefined) return;
  const parts = typeof store === "object" && store !== null ? (store as Record<string, unknown>) : {}; // looked at next
  const missing = ["append", "read", "list"].filter((part) => typeof parts[part] !== "function");
  if (missing.length === 0) return;
  throw invalid(
    `createAgent "${agent}": store has no ${missing.join(", ")}. Give one that is made, such as createFileStore(".fairwitness"), from fairwitness/store.`,
  );
}

/**
 * Looks at what of a run's options is about other runs. None of it is passed over where it can do nothing.
 * @throws {AgentError} `invalid_option`.
 */
export function checkOtherRuns(where: string, options: RunSettings, hasStore: boolean): void {
  const { branch, conversation, effects, messages, onBusy } = options;
  checkBranch(where, branch);
  if (branch !== undefined && !hasStore) {
    throw invalid(`${where}: branch needs the store in which that run is. ${STORE}`);
  }
  if (branch !== undefined && messages !== undefined) {
    throw invalid(`${where}: branch and messages are two histories for one run. Leave one out.`);
  }
  if (onBusy === undefined || onBusy === "reject") return;
  if (conversation === undefined || !hasStore) {
    const needs = conversation === undefined ? "a conversation, such as conversation: user.id." : `a store. ${STORE}`;
    throw invalid(`${where}: onBusy: "${onBusy}" needs ${needs}`);
  }
  if (onBusy === "steer" && effects !== undefined) {
    throw invalid(`${where}: what is said to another run is no rehearsal there. Leave out onBusy: "steer" or effects.`);
  }
}

const STORE = "Give createAgent({ store: createFileStore() }), from fairwitness/store.";

function checkBranch(where: string, branch: unknown): void {
  if (branch === undefined) return;
  const { runId, messages, ...more } =
    typeof branch === "object" && branch !== null ? (branch as Record<string, unknown>) : {}; // looked at below
  const isCount = messages === undefined || (Number.isInteger(messages) && Number(messages) >= 0);
  if (typeof runId === "string" && runId !== "" && isCount && Object.keys(more).length === 0) return;
  throw invalid(`${where}: branch is { runId, messages }: a run of the store, and how many of its messages to keep.`);
}

function invalid(message: string): AgentError {
  return new AgentError("invalid_option", message);
}
