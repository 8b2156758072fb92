import { AgentError } from "../errors.ts";
import { createUtf8Reader } from "./utf8.ts";

/** One event of a `text/event-stream`. */
export interface SseEvent {
  /** The name, when it has one. */
  event?: string;
  data: string;
}

export interface SseOptions {
  /** Longest event, in UTF-16 code units, whether it is whole or still growing. Default 16 Mi. */
  maxEventLength?: number;
  /** Most bytes of a stream, decompressed. Default 512 MiB: a million tokens in pieces of their own are half of that. */
  maxBytes?: number;
  /** Told once, when bytes came that are no UTF-8. */
  onInvalidText?: () => void;
}

const MAX_EVENT_LENGTH = 16 * 1024 * 1024;
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Reads a stream, an array of events for each network read, empty when it completed none.
 * Accepts LF, CR and CRLF and a byte order mark; an event without its blank line at the end is dropped, as WHATWG says.
 * Is done at `[DONE]`, which is not handed out; what follows it is ignored.
 */
export function createSseDecoder(options: SseOptions = {}): SseDecoder | Promise<SseDecoder> {
  return createParser === undefined ? load(options) : createDecoder(createParser, options);
}

async function load(options: SseOptions): Promise<SseDecoder> {
  ({ createParser } = await import("eventsource-parser"));
  return createDecoder(createParser, options);
}

export interface SseDecoder {
  /** The events that these bytes complete; without bytes, at the end of the body. */
  feed(bytes: Uint8Array | undefined): readonly SseEvent[];
  isDone(): boolean;
  /** Set when the stream cannot be read on (`event_too_large`); events before it were handed out. */
  error(): AgentError | undefined;
}

type CreateParser = typeof import("eventsource-parser").createParser;

/** Loaded with the first stream. */
let createParser: CreateParser | undefined;

function createDecoder(
  createParser: CreateParser,
  { maxEventLength = MAX_EVENT_LENGTH, maxBytes = MAX_BYTES, onInvalidText }: SseOptions,
): SseDecoder {
  const utf8 = createUtf8Reader();
  let events: SseEvent[] = [];
  let isDone = false;
  let size = 0;
  let line = 0;
  let error: AgentError | undefined;
  const fail = (what: string): void => {
    error ??= new AgentError(
      "event_too_large",
      `The server sent ${what}. It was not read on: check the base URL, or ask for less.`,
    );
  };
  const failEvent = (): void => fail(`one event of more than ${maxEventLength} characters`);
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: ({ event, data }) => {
      if (isDone || error !== undefined || data === "") return;
      if (data.length > maxEventLength) return failEvent();
      if (data.trim() === "[DONE]") isDone = true;
      else events.push(event === undefined ? { data } : { event, data });
    },
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded" && !isDone) failEvent();
    },
  });
  return {
    isDone: () => isDone,
    error: () => error,
    feed(bytes) {
      events = [];
      const wasBroken = utf8.isBroken();
      const text = utf8.decode(bytes);
      parser.feed(text);
      if (utf8.isBroken() && !wasBroken) onInvalidText?.();
      // The parser keeps nothing of comments and unknown fields, and so has no limit for them.
      line = restOfLine(text, line);
      if (line > maxEventLength && !isDone) failEvent();
      size += bytes?.byteLength ?? 0;
      if (size > maxBytes && !isDone) fail(`an answer of more than ${maxBytes} bytes`);
      return events;
    },
  };
}

/** How long the last line is that is not ended, with what came of it before. */
function restOfLine(text: string, before: number): number {
  const end = text.lastIndexOf("\n");
  const at = end >= 0 ? end : text.lastIndexOf("\r");
  return at >= 0 ? text.length - at - 1 : before + text.length;
}
