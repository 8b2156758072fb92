import { AgentError } from "../errors.ts";
import { addChecksum, takeChecksum } from "./checksum.ts";
import type { StoredEvent } from "./event.ts";
import { type AnyEvent, migrate, RECORD_VERSION, versionAt } from "./migrate.ts";
import { isKnownType, storedEventSchema } from "./schema.ts";

/** One event as one line, newline included. */
export function formatEvent(event: StoredEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * One event as one line, newline included, with a last field `crc`: CRC-32, as eight hexadecimal digits, of what
 * `JSON.stringify` makes of the event. `parseRecord` compares it and takes it off.
 */
export function formatCheckedEvent(event: StoredEvent): string {
  return `${addChecksum(JSON.stringify(event))}\n`;
}

/** A record read from text. */
export interface ParsedRecord {
  events: readonly StoredEvent[];
  /** Events of kinds that this version does not know, whole: a newer one wrote them. */
  unknown: readonly { seq: number; type: string }[];
  /** The last line when it had no newline at its end: a write that was cut off. Not among the events. */
  torn?: string;
}

/**
 * Reads a record of JSON lines, checked or not. Lines end with a newline only: some characters that other readers split on may
 * stand inside an event. A record of an earlier version is brought into the form of this one.
 * @param first The `seq` of the first line, for the end of a record, which is taken to be of this version. Default 0.
 * @throws {AgentError} `malformed_record` naming the line, the byte it begins at and what is wrong with it. So is a line whose
 * checksum is not that of its text, and one without a checksum after one with. `record_version` when a later version wrote it.
 */
export function parseRecord(text: string, first = 0): ParsedRecord {
  return readRecord(text, { first, version: first === 0 ? 0 : RECORD_VERSION }).record;
}

/** Where a part of a record begins. */
export interface RecordPlace {
  /** The `seq` of its first line. */
  first: number;
  /** The version of the lines before it; 0 at the beginning. */
  version: number;
}

/** Reads a part of a record, and says where the next one begins, for who follows it. @throws {AgentError} as `parseRecord` does. */
export function readRecord(text: string, from: RecordPlace): { record: ParsedRecord; next: RecordPlace } {
  const lines = text.split("\n");
  const torn = lines.pop() ?? "";
  const events: StoredEvent[] = [];
  const unknown: AnyEvent[] = [];
  const reading: Reading = { text, ...from, index: 0, offset: 0, isChecked: false };
  for (const line of lines) {
    const event = migrated(parseLine(line, reading), reading);
    if (isKnownType(event.type)) events.push(checkEvent(event, reading));
    else unknown.push(event);
    reading.index += 1;
    reading.offset += line.length + 1;
  }
  const next = { first: reading.first + reading.index, version: reading.version };
  if (torn === "") return { record: { events, unknown }, next };
  // A write that was cut ends inside its line. This one went on behind it: the newline was there, and is another character now.
  if (takeChecksum(torn.slice(0, -1)).state === "right") throw malformed(reading, "its newline was changed");
  return { record: { events, unknown, torn }, next };
}

/** Where the reader stands. */
interface Reading extends RecordPlace {
  text: string;
  /** Lines read so far. */
  index: number;
  /** Characters read so far. */
  offset: number;
  /** A line with a checksum was read. */
  isChecked: boolean;
}

function parseLine(line: string, reading: Reading): AnyEvent {
  const event = parseObject(withoutChecksum(line, reading), reading);
  const expected = reading.first + reading.index;
  if (event.seq === expected) return event;
  throw malformed(reading, `its seq is ${event.seq} and should be ${expected}: a line is missing or stands twice`);
}

function migrated(event: AnyEvent, reading: Reading): AnyEvent {
  const version = versionAt(event, reading.version);
  if (version === undefined) throw malformed(reading, `${event.type}.version is no version of a record`);
  if (version > RECORD_VERSION) throw tooNew(event, version);
  reading.version = version;
  return migrate(event, version);
}

function tooNew(event: AnyEvent, version: number): AgentError {
  const { runId } = event as { runId?: unknown }; // whatever stands there
  const what = typeof runId === "string" ? `The record of ${runId.slice(0, 128)}` : "The record";
  const message = `${what} has version ${version}, and this fairwitness reads versions up to ${RECORD_VERSION}. Update fairwitness; nothing is wrong with the record.`;
  return new AgentError("record_version", message);
}

function withoutChecksum(line: string, reading: Reading): string {
  const { json, state } = takeChecksum(line);
  if (state === "wrong" || state === "damaged") throw malformed(reading, "it is not what its checksum was made of");
  if (state === "none" && reading.isChecked) throw malformed(reading, CHECKSUM_GONE);
  reading.isChecked = state === "right";
  return json;
}

const CHECKSUM_GONE = "it has no checksum, and the line before it has one";

function parseObject(json: string, reading: Reading): AnyEvent {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw malformed(reading, "it is not JSON", cause);
  }
  if (typeof value !== "object" || value === null) throw malformed(reading, "it is not an object");
  const { seq, type } = value as { seq?: unknown; type?: unknown };
  if (typeof type !== "string" || typeof seq !== "number") throw malformed(reading, "it has no type or no seq");
  return value as AnyEvent; // both fields were looked at just now
}

function checkEvent(event: AnyEvent, reading: Reading): StoredEvent {
  const checked = storedEventSchema().safeParse(event);
  // The event itself and not the parsed copy: nothing of it may be reordered or lost.
  if (checked.success) return event as StoredEvent;
  const [issue] = checked.error.issues;
  throw malformed(reading, `${event.type}.${(issue?.path ?? []).join(".")}: ${issue?.message ?? "invalid"}`);
}

function malformed({ text, first, index, offset }: Reading, why: string, cause?: unknown): AgentError {
  const byte = new TextEncoder().encode(text.slice(0, offset)).length;
  const where = first === 0 ? ` It begins at byte ${byte}.` : "";
  return new AgentError(
    "malformed_record",
    `Line ${first + index + 1} of the record cannot be read: ${why}. What stands before that line is whole.${where}`,
    { cause },
  );
}
