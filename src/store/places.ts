import type { ParsedRecord, RecordPlace } from "../event/index.ts";

const MAX_REMEMBERED = 1_000;

/** The beginning of a record. */
export const BEGINNING: RecordPlace = { first: 0, version: 0 };

/** Where those who follow records left off, of the last thousand of them. */
export interface Places<Place extends RecordPlace> {
  /**
   * The place behind an event; undefined when nobody has read just up to there, or one event further: then it is read from its beginning.
   */
  find(runId: string, after: number): Place | undefined;
  /** @param last Where the last event begins, of which nobody is sure before it was read again. Absent: as it was, or not known. */
  remember(runId: string, place: Place, last?: Place): void;
  forget(runId: string): void;
}

export function createPlaces<Place extends RecordPlace = RecordPlace>(): Places<Place> {
  const places = new Map<string, { place: Place; last: Place | undefined }>();
  return {
    find(runId, after) {
      const { place, last } = (after < 0 ? undefined : places.get(runId)) ?? {};
      return [place, last].find((known) => known?.first === after + 1);
    },
    remember(runId, place, last) {
      const before = places.get(runId);
      places.delete(runId);
      places.set(runId, { place, last: last ?? (before?.place.first === place.first ? before.last : undefined) });
      for (const oldest of places.keys()) if (places.size > MAX_REMEMBERED) places.delete(oldest);
    },
    forget: (runId) => void places.delete(runId),
  };
}

/** Where the last event before a place begins, for a store that finds events by their number. */
export function lastBefore(place: RecordPlace): RecordPlace | undefined {
  return place.first === 0 ? undefined : { ...place, first: place.first - 1 };
}

/** What of a record stands behind an event. */
export function behind(record: ParsedRecord, after: number): ParsedRecord {
  if (after < 0) return record;
  const isBehind = ({ seq }: { seq: number }): boolean => seq > after;
  return { ...record, events: record.events.filter(isBehind), unknown: record.unknown.filter(isBehind) };
}
