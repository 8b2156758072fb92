/** An event as it stands in a line, of whatever kind and version: what else it has is unknown. */
export interface AnyEvent {
  seq: number;
  type: string;
  version?: unknown;
}

/** Takes an event from one version to the next; most kinds stay as they are. Pure. */
type Migration = (event: AnyEvent) => AnyEvent;

/**
 * The n-th takes events from version n to n + 1. When the form of what is recorded changes so that older readers would read it
 * wrongly, one more function comes at the end; none is ever changed or taken out. What is only added, in fields that may be absent and
 * kinds that may be unknown, needs no version.
 */
const MIGRATIONS: readonly Migration[] = [fromV0];

/** The version of the records that are written now. Later ones are refused, and earlier ones brought up to it as they are read. */
export const RECORD_VERSION: number = MIGRATIONS.length;

/** An event of a version, in the form of `RECORD_VERSION`. */
export function migrate(event: AnyEvent, version: number): AnyEvent {
  return MIGRATIONS.slice(version).reduce((migrated, next) => next(migrated), event);
}

/**
 * The version from an event on, when what stood before it was of another: what begins or resumes a run says so.
 * @returns undefined when it says something that is no version.
 */
export function versionAt(event: AnyEvent, before: number): number | undefined {
  if (event.type !== "run.started" && event.type !== "run.resumed") return before;
  const { version } = event;
  if (version === undefined) return event.type === "run.started" ? 0 : before;
  return typeof version === "number" && Number.isSafeInteger(version) && version > 0 ? version : undefined;
}

/** What was written before there were versions, up to the commit 510a76e of 2026-11-21. */
function fromV0(event: AnyEvent): AnyEvent {
  return event.type === "run.started" ? { ...event, version: 1 } : event;
}
