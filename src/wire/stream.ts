import { AgentError, errorInfo } from "../errors.ts";
import { isJson, readExcerpt, unexpectedContent, withoutText } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { type AnswerFacts, faultError } from "./errors.ts";
import { readFault, type ServerFault } from "./fault.ts";
import type { HttpAnswer } from "./http.ts";
import { createProgress } from "./progress.ts";
import { createSseDecoder, type SseEvent } from "./sse.ts";

/** JSON that is neither a piece of an answer nor an error: kept whole, never dropped. */
export interface UnknownItem {
  type: "unknown";
  /** The name of the event, when it has one. */
  event?: string;
  item: unknown;
}

/**
 * Handed out once in an answer of which some bytes are no UTF-8: they stand as U+FFFD in what is read of it, and what they should have
 * been nobody knows. By its identity: a server may have an event of that name.
 */
export const INVALID_UTF8: UnknownItem = Object.freeze({
  type: "unknown",
  event: "invalid_utf8",
  item: "Some bytes of the answer were no UTF-8 text: U+FFFD stands in their place.",
});

/** How the answers of one endpoint are read. Made anew for every answer: it may remember what came. */
export interface Dialect<Item> {
  /** The item of an event, where it can be told without parsing it. */
  readRepeat?(data: string, event: string | undefined): Item | undefined;
  /** @throws {AgentError} `malformed_event` */
  decode(json: unknown, event: string | undefined, data: string): Item;
  findFault(json: unknown, event: string | undefined): ServerFault | undefined;
  /** A whole answer that came as JSON, as the items it would have been, or the error it is. @throws {AgentError} */
  readWhole(answer: HttpAnswer): Promise<readonly Item[]>;
  /** The error for what cannot be read. */
  malformed(what: string): AgentError;
  /** True for what brings the answer further: a server that sends nothing else for too long is given up. */
  isProgress(item: Item | UnknownItem): boolean;
  /** True once the answer is whole: what breaks after that cannot undo it. */
  isWhole(): boolean;
  /** How long a server may take to say more once the answer is whole, milliseconds. Default: as long as at any time. */
  afterEndMs?: number;
}

export interface ReadOptions {
  signal: AbortSignal;
  patient: boolean;
}

/** The items of an answer, an array for each network read, whether it comes as events or, against the request, as JSON. */
export async function openStream<Item>(
  answer: HttpAnswer,
  endpoint: Endpoint,
  dialect: Dialect<Item>,
  options: ReadOptions,
): Promise<AsyncIterable<readonly (Item | UnknownItem)[]>> {
  const { contentType } = answer;
  // A proxy may leave the content type out; what it sends is then held to be what was asked for.
  if (contentType === "text/event-stream" || contentType === "") return readItems(answer, endpoint, dialect, options);
  if (isJson(contentType)) return once(await dialect.readWhole(answer));
  throw unexpectedContent(answer, await readExcerpt(answer));
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}

async function* readItems<Item>(
  answer: HttpAnswer,
  endpoint: Endpoint,
  dialect: Dialect<Item>,
  { signal, patient }: ReadOptions,
): AsyncGenerator<readonly (Item | UnknownItem)[]> {
  const progress = createProgress(endpoint.clock, endpoint.waits(patient).progressMs, answer.facts.host);
  const end = createEnd(answer, endpoint, dialect.afterEndMs);
  let isInvalid = false;
  const onInvalidText = (): void => {
    isInvalid = true;
  };
  const reads = answer.body[Symbol.asyncIterator]();
  let isLeft = false;
  try {
    const made = createSseDecoder({ onInvalidText });
    const decoder = made instanceof Promise ? await made : made;
    for (let isOver = false; !isOver; ) {
      const read = await reads.next();
      const events = decoder.feed(read.done === true ? undefined : read.value);
      const { items, error = decoder.error() } = decodeBatch(events, dialect, answer.facts);
      if (isInvalid) items.push(INVALID_UTF8);
      isInvalid = false;
      progress.note(items.some((item) => dialect.isProgress(item)));
      end.pause();
      if (items.length > 0) {
        yield items;
        progress.resume();
      }
      if (error !== undefined) throw error;
      if (decoder.isDone() && read.done !== true) {
        isLeft = true;
        readToEnd(reads, answer, endpoint);
      }
      isOver = read.done === true || decoder.isDone();
      if (!isOver && dialect.isWhole()) end.begin();
    }
  } catch (error) {
    // The terminal marker was read: the answer is whole, and what breaks after it is told but cannot undo it.
    if (!dialect.isWhole() || signal.aborted || !(error instanceof AgentError)) throw error;
    if (!end.isOver()) yield [{ type: "unknown", event: "error_after_end", item: errorInfo(error) }];
  } finally {
    end.release();
    if (!isLeft) await reads.return?.();
  }
}

interface Batch<Item> {
  items: (Item | UnknownItem)[];
  /** What ended it. What stood before a broken event is handed out before its error is. */
  error?: AgentError;
}

function decodeBatch<Item>(events: readonly SseEvent[], dialect: Dialect<Item>, facts: AnswerFacts): Batch<Item> {
  const items: (Item | UnknownItem)[] = [];
  for (const event of events) {
    try {
      items.push(decodeEvent(event, dialect, facts));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      return { items, error };
    }
  }
  return { items };
}

function decodeEvent<Item>(sent: SseEvent, dialect: Dialect<Item>, facts: AnswerFacts): Item | UnknownItem {
  const event = sent.event === undefined ? undefined : facts.hide(sent.event);
  const data = facts.hide(sent.data);
  const repeat = dialect.readRepeat?.(data, event);
  if (repeat !== undefined) return repeat;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (cause) {
    if (event === "error") throw faultError(facts, readFault(data));
    // A named event that is no JSON is somebody's keep-alive; an unnamed one should have been a piece of the answer.
    if (event !== undefined && event !== "message" && !isPiece(event)) return { type: "unknown", event, item: data };
    throw dialect.malformed(`an event of ${data.length} characters is not whole JSON (${withoutText(cause)})`);
  }
  const fault = dialect.findFault(json, event);
  if (fault !== undefined) throw faultError(facts, fault);
  return dialect.decode(json, event, data);
}

/** The names that the protocols give to the pieces of an answer: one that cannot be read is missing from it. */
function isPiece(event: string): boolean {
  return PIECES.some((start) => event.startsWith(start));
}

const PIECES: readonly string[] = ["response.", "message_", "content_block_"];

/** The time after the end of an answer in which more of it may come. */
interface End {
  begin(): void;
  /** The time until `begin` is the reader's own. */
  pause(): void;
  /** True when the time was up: what broke then, we broke. */
  isOver(): boolean;
  release(): void;
}

function createEnd(answer: HttpAnswer, endpoint: Endpoint, limitMs: number | undefined): End {
  const { clock } = endpoint;
  let cancel: (() => void) | undefined;
  let leftMs = limitMs ?? Number.POSITIVE_INFINITY;
  let begunMs = 0;
  let isOver = false;
  const expire = (): void => {
    isOver = true;
    answer.close();
  };
  return {
    isOver: () => isOver,
    begin() {
      if (limitMs === undefined || cancel !== undefined) return;
      begunMs = clock.monotonic();
      cancel = clock.after(leftMs, expire);
    },
    pause() {
      if (cancel === undefined) return;
      cancel();
      cancel = undefined;
      leftMs = Math.max(0, leftMs - (clock.monotonic() - begunMs));
    },
    release: () => cancel?.(),
  };
}

/** How long a server may take to end its answer after `[DONE]`, milliseconds. */
export const END_MS = 200;

/** Reads on behind the caller's back, so that the connection can be used again: closing it costs the next turn a handshake. */
function readToEnd(rest: AsyncIterator<Uint8Array>, answer: HttpAnswer, endpoint: Endpoint): void {
  const cancel = endpoint.clock.after(END_MS, answer.close);
  // What fails here comes after the end of the answer and changes nothing.
  const read = (): void => void rest.next().then(({ done }) => (done === true ? cancel() : read()), cancel);
  read();
}
