import { join } from "node:path";
import type { RunCompletedEvent, RunStartedEvent } from "../../src/event/index.ts";
import { createFileStore, createMemoryStore, createSqliteStore, type LocalStore } from "../../src/store/index.ts";

/** Opens a store in a folder, with its clock. */
export type OpenStore = (folder: string, now?: () => number) => LocalStore;

/** Every store, which all have the same contract. */
export const STORES: readonly (readonly [name: string, open: OpenStore])[] = [
  ["in files", (folder, now = Date.now) => createFileStore(join(folder, ".fairwitness"), { now, onRepair: () => {} })],
  ["in memory", (_, now = Date.now) => createMemoryStore({ now })],
  ["in SQLite", (folder, now = Date.now) => createSqliteStore(join(folder, "runs.sqlite"), { now })],
];

export function started(runId: string, at = 1_000): RunStartedEvent {
  return {
    type: "run.started",
    version: 1,
    seq: 0,
    runId,
    turn: 0,
    at,
    agent: "a",
    model: "m",
    api: "chat",
    tools: [],
    messages: [],
    limits: {},
    conversation: runId,
  };
}

export const completed = (runId: string, seq: number, text = "done"): RunCompletedEvent => ({
  type: "run.completed",
  seq,
  runId,
  turn: 1,
  at: 2_000,
  text,
});
