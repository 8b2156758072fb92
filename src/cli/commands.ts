import { errorMessage } from "../errors.ts";
import { diffRuns, foldEvidence, formatEvent, formatEvidence, type ParsedRecord } from "../event/index.ts";
import type { RunStore, StoredRun } from "../store/index.ts";
import { cancel, decide, steer } from "./act.ts";
import { allWaiting, waitingIn, waitingText } from "./approvals.ts";
import type { Command } from "./args.ts";
import { diffView } from "./diff-view.ts";
import { findRun } from "./find-run.ts";
import { type FoundStore, findStore } from "./find-store.ts";
import { type ListedRun, listView, summaryOf } from "./list-view.ts";
import type { Paint } from "./paint.ts";
import type { Printed } from "./printed.ts";
import { showView } from "./show-view.ts";
import { sourcesView } from "./sources-view.ts";
import { USAGE } from "./usage.ts";

type Asked = Exclude<Command, { command: "help" }>;

/**
 * Does what a command asks for.
 * @throws {AgentError} `not_found`, `malformed_record`, `store_failed`, `invalid_option`.
 */
export async function carryOut(command: Command, paint: Paint): Promise<Printed> {
  if (command.command === "help") return printed(USAGE);
  const found = findStore(command.store);
  try {
    return await inStore(command, found, paint);
  } finally {
    found.close();
  }
}

async function inStore(command: Asked, found: FoundStore, paint: Paint): Promise<Printed> {
  const { store, where } = found;
  if (command.command === "list") return printed(await listText(command, found, paint));
  if (command.command === "approvals" && command.id === undefined) {
    const waiting = await allWaiting(store);
    return printed(command.json ? approvalLines(waiting) : waitingText(waiting, where, paint));
  }
  const runs = await store.list();
  if (command.command === "diff") return await compare(command, found, runs, paint);
  const runId = findRun(command.id ?? "latest", runs, where);
  const target = { store, runId };
  switch (command.command) {
    case "approvals": {
      const waiting = await waitingIn(store, runId);
      return printed(command.json ? approvalLines(waiting) : waitingText(waiting, runId, paint));
    }
    case "decide":
      return await decide(target, command.call, command.answer);
    case "cancel":
      return await cancel(target, command.reason);
    case "steer":
      return await steer(target, command.text);
    default:
      return printed(recordText(command, await store.read(runId), paint));
  }
}

function printed(text: string, code = 0): Printed {
  return { text, code };
}

function recordText(
  command: Extract<Asked, { command: "show" | "sources" }>,
  record: ParsedRecord,
  paint: Paint,
): string {
  if (command.command === "show") return command.json ? recordLines(record) : showView(record, paint);
  const evidence = foldEvidence(record.events);
  switch (command.as) {
    case "markdown":
      return formatEvidence(evidence);
    case "json":
      return jsonLine(evidence);
    case "text":
      return sourcesView(evidence, paint);
    default:
      return command.as satisfies never;
  }
}

async function compare(
  { ids, json }: Extract<Asked, { command: "diff" }>,
  { store, where }: FoundStore,
  runs: readonly StoredRun[],
  paint: Paint,
): Promise<Printed> {
  const [first, second] = [findRun(ids[0], runs, where), findRun(ids[1], runs, where)];
  const { events: a } = await store.read(first);
  const { events: b } = await store.read(second);
  const differences = diffRuns(a, b);
  const text = json ? differences.map(jsonLine).join("") : diffView({ a, b, differences }, paint);
  return printed(text, differences.length === 0 ? 0 : 1);
}

async function listText(
  { json, limit }: Extract<Asked, { command: "list" }>,
  { store, where }: FoundStore,
  paint: Paint,
): Promise<string> {
  const all = await store.list();
  const runs: ListedRun[] = [];
  for (const run of all.slice(0, limit)) runs.push(await listed(run, store)); // one after the other: a record may be large
  if (json) return runs.map(jsonLine).join("");
  return all.length === 0 ? `There are no runs in ${where}.\n` : listView(runs, all.length, paint);
}

/** One record that cannot be read must not hide the others: it is listed with what is wrong with it. */
async function listed({ runId, startedAt }: StoredRun, store: RunStore): Promise<ListedRun> {
  try {
    return summaryOf(foldEvidence((await store.read(runId)).events));
  } catch (error) {
    return { runId, startedAt, problem: errorMessage(error) };
  }
}

function approvalLines({ runs }: Awaited<ReturnType<typeof allWaiting>>): string {
  return runs.flatMap(({ approvals }) => approvals.map(jsonLine)).join("");
}

/** The lines of the record as they are stored, those of kinds we do not know among them. */
function recordLines({ events, unknown }: ParsedRecord): string {
  const lines = [
    ...events.map((event) => ({ seq: event.seq, line: safeJson(formatEvent(event)) })),
    ...unknown.map((event) => ({ seq: event.seq, line: jsonLine(event) })),
  ];
  return lines
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ line }) => line)
    .join("");
}

function jsonLine(value: unknown): string {
  return safeJson(`${JSON.stringify(value)}\n`);
}

/** JSON leaves some characters as they are that a terminal obeys; written as `\\u009b` they mean the same to a parser. */
function safeJson(json: string): string {
  const obeyed = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  return json.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
