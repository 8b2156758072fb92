import { isObject, readIndex } from "./json.ts";
import { endOfText, readText } from "./json-text.ts";
import { decodeResponsesEvent } from "./responses-decode.ts";
import type { ResponsesDeltaEvent, ResponsesEvent } from "./responses-events.ts";

/**
 * Knows the events of one answer by the one before. Pieces of a text are alike but for their number and the piece itself, and parsing
 * them anew is most of what they cost; an event that is altogether as the one before was sent twice.
 */
export interface ResponsesRepeats {
  /** The next piece of a text, as it would be parsed and decoded; undefined where that is to be done. */
  read(data: string): ResponsesEvent | undefined;
  /** Two events in a row may well say the same, but not under one number. To be asked of each event that was parsed. */
  isSentTwice(json: unknown, data: string): boolean;
  /** Takes down what an event looks like. */
  learn(data: string, event: ResponsesEvent): void;
}

/** Texts that were learned in vain, one after the other: after these, no event of the answer is like another. */
const MOST_IN_VAIN = 8;

export function createResponsesRepeats(): ResponsesRepeats {
  let mould: Mould | undefined;
  let inVain = 0;
  let piece: ResponsesDeltaEvent | undefined;
  let last: { data: string; number: number | undefined } = { data: "", number: undefined };
  let isCounting = false;
  return {
    read(data) {
      if (mould === undefined || last.number === undefined) return undefined;
      const from = mould.head.length;
      const to = endOfNumber(data, from);
      const number = readNumber(data, from, to);
      // What surely comes after the last event was surely not sent twice.
      if (number === undefined || number <= last.number) return undefined;
      const delta = readPiece(mould, data, to);
      if (delta === undefined) return undefined;
      inVain = 0;
      isCounting = true;
      last.data = data;
      last.number = number;
      return { ...mould.event, delta };
    },
    isSentTwice(json, data) {
      if (!isObject(json)) return false;
      const before = last;
      last = { data, number: readIndex(json.sequence_number) };
      if (before.number === undefined || last.number === undefined) return false;
      const isSame = isCounting && last.number === before.number && isSameJson(json, before.data);
      isCounting ||= last.number > before.number; // some servers write 0 everywhere
      return isSame;
    },
    learn(data, event) {
      if (!("delta" in event)) return;
      const before = piece;
      piece = event;
      // Many texts come in one piece, and learning costs as much as two.
      if (before?.type !== event.type || before.output_index !== event.output_index) return;
      if (inVain >= MOST_IN_VAIN) return;
      inVain += 1;
      mould = mouldOf(data, event) ?? mould;
    },
  };
}

function isSameJson(json: unknown, data: string): boolean {
  return JSON.stringify(json) === JSON.stringify(JSON.parse(data));
}

/** What stands around the number of an event and the JSON text of its piece, in this order. */
interface Mould {
  head: string;
  middle: string;
  tail: string;
  event: ResponsesDeltaEvent;
}

const NUMBER = '"sequence_number":';
const DELTA = '"delta":';
const MARK = { number: 123_456_789, delta: "fairwitness was here" };

/** Takes the text of an event apart, and makes sure of both places: what else stands in them must be read as just that. */
function mouldOf(data: string, event: ResponsesDeltaEvent): Mould | undefined {
  const from = data.indexOf(NUMBER) + NUMBER.length;
  const to = endOfNumber(data, from);
  const textFrom = data.indexOf(`${DELTA}"`, to) + DELTA.length;
  const textTo = endOfText(data, textFrom);
  if (from < NUMBER.length || to === from || textFrom < to || textTo === undefined) return undefined;
  const mould = { head: data.slice(0, from), middle: data.slice(to, textFrom), tail: data.slice(textTo) };
  const json: unknown = JSON.parse(mould.head + MARK.number + mould.middle + JSON.stringify(MARK.delta) + mould.tail);
  if (!isObject(json) || json.sequence_number !== MARK.number) return undefined;
  const marked = JSON.stringify({ ...event, delta: MARK.delta });
  return JSON.stringify(decodeResponsesEvent(json)) === marked ? { ...mould, event: { ...event } } : undefined;
}

const [ZERO, NINE] = [48, 57];
/** Longer ones need not be exact. */
const MOST_DIGITS = 15;

function endOfNumber(data: string, from: number): number {
  let at = from;
  while (data.charCodeAt(at) >= ZERO && data.charCodeAt(at) <= NINE) at += 1;
  return at;
}

/** The number that stands there, as JSON writes them; undefined for what is none. */
function readNumber(data: string, from: number, to: number): number | undefined {
  const digits = to - from;
  if (digits < 1 || digits > MOST_DIGITS || (digits > 1 && data.charCodeAt(from) === ZERO)) return undefined;
  return Number(data.slice(from, to));
}

/** @param at Where the number ends. */
function readPiece({ head, middle, tail }: Mould, data: string, at: number): string | undefined {
  const from = at + middle.length;
  const to = data.length - tail.length;
  // Slices copy nothing, and V8 compares them several times faster than `startsWith` and `endsWith` look.
  if (data.slice(to) !== tail || data.slice(at, from) !== middle || data.slice(0, head.length) !== head)
    return undefined;
  return readText(data.slice(from, to));
}
