import { createParser } from "eventsource-parser";
import { AgentError } from "../errors.ts";

/** One event of a `text/event-stream`. */
export interface SseEvent {
  /** The name, when it has one. */
  event?: string;
  data: string;
}

export interface SseOptions {
  /** Longest event, in UTF-16 code units, whether it is whole or still growing. Default 16 Mi. */
  maxEventLength?: number;
  /**
   * Given what is still to be read once `[DONE]` was; without it the body is closed. A connection that is read to its
   * end can be used again.
   */
  leave?: (rest: AsyncIterator<Uint8Array>) => void;
}

const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/**
 * The events of a stream, an array for each network read, empty when it completed none: one await per read and not one per token.
 * Accepts LF, CR and CRLF and a byte order mark; an event without its blank line at the end is dropped, as WHATWG says.
 * Ends at `[DONE]`, which is not handed out; what follows it is ignored.
 * @throws {AgentError} `event_too_large`
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  options: SseOptions = {},
): AsyncGenerator<readonly SseEvent[]> {
  const decoder = createDecoder(options.maxEventLength ?? MAX_EVENT_LENGTH);
  const reads = body[Symbol.asyncIterator]();
  let isLeft = false;
  try {
    for (;;) {
      const read = await reads.next();
      const events = decoder.feed(read.done === true ? undefined : read.value);
      yield events;
      if (decoder.error !== undefined) throw decoder.error;
      if (read.done === true) return;
      if (!decoder.isDone) continue;
      isLeft = options.leave !== undefined;
      options.leave?.(reads);
      return;
    }
  } finally {
    if (!isLeft) await reads.return?.();
  }
}

interface Decoder {
  /** The events that these bytes complete; without bytes, at the end of the body. */
  feed(bytes: Uint8Array | undefined): readonly SseEvent[];
  readonly isDone: boolean;
  /** Set when the stream cannot be read on; events before it were handed out. */
  readonly error: AgentError | undefined;
}

function createDecoder(maxEventLength: number): Decoder {
  // The parser strips the byte order mark; stripped here as well, a second one would be lost.
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  let events: SseEvent[] = [];
  let isDone = false;
  let error: AgentError | undefined;
  const fail = (): void => {
    const limit = `${maxEventLength} characters`;
    error ??= new AgentError("event_too_large", `The server sent one event of more than ${limit}. It was not read on.`);
  };
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: ({ event, data }) => {
      if (isDone || error !== undefined || data === "") return;
      if (data.length > maxEventLength) return fail();
      if (data.trim() === "[DONE]") isDone = true;
      else events.push(event === undefined ? { data } : { event, data });
    },
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded" && !isDone) fail();
    },
  });
  return {
    get isDone() {
      return isDone;
    },
    get error() {
      return error;
    },
    feed(bytes) {
      events = [];
      parser.feed(bytes === undefined ? text.decode() : text.decode(bytes, { stream: true }));
      return events;
    },
  };
}
