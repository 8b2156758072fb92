/** The connection that a body comes over. */
export interface Flow {
  /** Bytes that may lie here unread before the connection is paused. Default 256 KiB: a few reads of a socket. */
  mostUnread?: number;
  pause(): void;
  /** May hand over further bytes before it returns. */
  resume(): void;
  /** Nobody wants the rest. */
  leave(): void;
}

const MOST_UNREAD = 262_144;

/** A body as it is received: filled by a parser, emptied by one reader. */
export interface ReceivedBody {
  push(bytes: Uint8Array): void;
  end(): void;
  /** What came before is still handed out. */
  fail(error: unknown): void;
  /** What came before is not. */
  drop(reason: unknown): void;
  readonly reads: AsyncIterableIterator<Uint8Array, undefined>;
}

type Read = IteratorResult<Uint8Array, undefined>;

const DONE: Read = { done: true, value: undefined };

/**
 * Hands out all that came since the last read as one array of bytes. A parser of HTTP tells of every chunk, and servers make one of
 * every token: a promise for each costs more than a copy. A piece that came alone is not copied.
 */
export function createReceivedBody(flow: Flow): ReceivedBody {
  const { mostUnread = MOST_UNREAD } = flow;
  let pieces: Uint8Array[] = [];
  let size = 0;
  let isPaused = false;
  let ending: { error?: unknown } | undefined;
  let waiting: PromiseWithResolvers<Read> | undefined;

  const take = (): Uint8Array => {
    const [first] = pieces;
    const bytes = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return bytes;
  };
  const settle = (): void => {
    if (waiting === undefined || (size === 0 && ending === undefined)) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (size > 0) resolve({ done: false, value: take() });
    else if (ending !== undefined && "error" in ending) reject(ending.error);
    else resolve(DONE);
  };
  const finish = (how: { error?: unknown }): void => {
    ending ??= how;
    settle();
  };
  const drop = (how: { error?: unknown }): void => {
    pieces = [];
    size = 0;
    ending = how;
    settle();
  };
  const reads: ReceivedBody["reads"] = {
    next() {
      waiting = Promise.withResolvers();
      const { promise } = waiting;
      if (size === 0 && isPaused) {
        isPaused = false;
        flow.resume();
      }
      settle();
      return promise;
    },
    async return() {
      if (ending === undefined) flow.leave();
      drop({});
      return DONE;
    },
    [Symbol.asyncIterator]: () => reads,
  };
  return {
    push(bytes) {
      if (bytes.byteLength === 0) return;
      pieces.push(bytes);
      size += bytes.byteLength;
      if (size >= mostUnread && !isPaused) {
        isPaused = true;
        flow.pause();
      }
      // Once the parser is through with what it has: then there is one read for all of it.
      if (waiting !== undefined && pieces.length === 1) queueMicrotask(settle);
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    drop: (reason) => drop({ error: reason }),
    reads,
  };
}
