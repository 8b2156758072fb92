import type { ParsedRecord, RecordPlace } from "../event/index.ts";

const MAX_REMEMBERED = 1_000;

/** The beginning of a record. */
export const BEGINNING: RecordPlace = { first: 0, version: 0 };

/** Where those who follow records left off, of the last thousand of them. */
export interface Places<Place extends RecordPlace> {
  /** The place behind an event; undefined when nobody has read just up to there: then it is read from its beginning. */
  find(runId: string, after: number): Place | undefined;
  remember(runId: string, place: Place): void;
  forget(runId: string): void;
}

export function createPlaces<Place extends RecordPlace = RecordPlace>(): Places<Place> {
  const places = new Map<string, Place>();
  return {
    find(runId, after) {
      const place = after < 0 ? undefined : places.get(runId);
      return place?.first === after + 1 ? place : undefined;
    },
    remember(runId, place) {
      places.delete(runId);
      places.set(runId, place);
      for (const oldest of places.keys()) if (places.size > MAX_REMEMBERED) places.delete(oldest);
    },
    forget: (runId) => void places.delete(runId),
  };
}

/** What of a record stands behind an event. */
export function behind(record: ParsedRecord, after: number): ParsedRecord {
  if (after < 0) return record;
  const isBehind = ({ seq }: { seq: number }): boolean => seq > after;
  return { ...record, events: record.events.filter(isBehind), unknown: record.unknown.filter(isBehind) };
}
