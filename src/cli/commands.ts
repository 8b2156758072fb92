import { errorMessage } from "../errors.ts";
import { foldEvidence, formatEvent, formatEvidence, type ParsedRecord } from "../event/index.ts";
import { createFileStore, type RunStore, type StoredRun } from "../store/index.ts";
import type { Command } from "./args.ts";
import { findRun } from "./find-run.ts";
import { type ListedRun, listView, summaryOf } from "./list-view.ts";
import type { Paint } from "./paint.ts";
import { showView } from "./show-view.ts";
import { sourcesView } from "./sources-view.ts";
import { USAGE } from "./usage.ts";

/**
 * What a command prints.
 * @throws {AgentError} `not_found`, `malformed_record`, `store_failed`.
 */
export async function carryOut(command: Command, paint: Paint): Promise<string> {
  if (command.command === "help") return USAGE;
  const store = createFileStore(command.dir);
  if (command.command === "list") return listText(command, store, paint);
  const record = await store.read(findRun(command.id, await store.list(), command.dir));
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

async function listText(
  { dir, json, limit }: Extract<Command, { command: "list" }>,
  store: RunStore,
  paint: Paint,
): Promise<string> {
  const all = await store.list();
  const runs: ListedRun[] = [];
  for (const run of all.slice(0, limit)) runs.push(await listed(run, store)); // one after the other: a record may be large
  if (json) return runs.map(jsonLine).join("");
  return all.length === 0 ? `There are no runs in ${dir}.\n` : listView(runs, all.length, paint);
}

/** One record that cannot be read must not hide the others: it is listed with what is wrong with it. */
async function listed({ runId, startedAt }: StoredRun, store: RunStore): Promise<ListedRun> {
  try {
    return summaryOf(foldEvidence((await store.read(runId)).events));
  } catch (error) {
    return { runId, startedAt, problem: errorMessage(error) };
  }
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
