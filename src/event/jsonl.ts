import { AgentError } from "../errors.ts";
import type { StoredEvent } from "./event.ts";
import { isKnownType, storedEventSchema } from "./schema.ts";

/** One event as one line, newline included. */
export function formatEvent(event: StoredEvent): string {
  return `${JSON.stringify(event)}\n`;
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
 * Reads a record of JSON lines. Lines end with a newline only: some characters that other readers split on may stand
 * inside an event.
 * @throws {AgentError} `malformed_record` naming the line and what is wrong with it.
 */
export function parseRecord(text: string): ParsedRecord {
  const lines = text.split("\n");
  const torn = lines.pop() ?? "";
  const events: StoredEvent[] = [];
  const unknown: { seq: number; type: string }[] = [];
  lines.forEach((line, index) => {
    const event = parseLine(line, index + 1);
    checkPosition(event, events.length + unknown.length, index + 1);
    if (isKnownType(event.type)) events.push(checkEvent(event, index + 1));
    else unknown.push(event);
  });
  return torn === "" ? { events, unknown } : { events, unknown, torn };
}

interface AnyEvent {
  seq: number;
  type: string;
}

function parseLine(line: string, number: number): AnyEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw malformed(number, "it is not JSON", cause);
  }
  if (typeof value !== "object" || value === null) throw malformed(number, "it is not an object");
  const { seq, type } = value as { seq?: unknown; type?: unknown };
  if (typeof type !== "string" || typeof seq !== "number") throw malformed(number, "it has no type or no seq");
  return value as AnyEvent; // both fields were looked at just now
}

function checkPosition(event: AnyEvent, expected: number, number: number): void {
  if (event.seq === expected) return;
  throw malformed(number, `its seq is ${event.seq} and should be ${expected}: a line is missing or stands twice`);
}

function checkEvent(event: AnyEvent, number: number): StoredEvent {
  const checked = storedEventSchema().safeParse(event);
  // The event itself and not the parsed copy: nothing of it may be reordered or lost.
  if (checked.success) return event as StoredEvent;
  const [issue] = checked.error.issues;
  throw malformed(number, `${event.type}.${(issue?.path ?? []).join(".")}: ${issue?.message ?? "invalid"}`);
}

function malformed(line: number, why: string, cause?: unknown): AgentError {
  return new AgentError(
    "malformed_record",
    `Line ${line} of the record cannot be read: ${why}. What stands before that line is whole.`,
    { cause },
  );
}
