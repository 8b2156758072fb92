import type { GrowingBytes } from "./bytes.ts";
import type { ModelEvent } from "./model.ts";

type CacheMissed = Extract<ModelEvent, { type: "cache.missed" }>;

/** Tells when a conversation no longer begins as it was last sent, which is when the server's prompt cache cannot be read. */
export interface CacheWatch {
  /**
   * Looks at a body that is about to be sent. Costs nothing while a conversation grows in its own buffer.
   * @param conversation The id the server is told. Empty: not watched.
   */
  see(conversation: string, bytes: GrowingBytes, options: SeeOptions): Watched;
}

export interface SeeOptions {
  /** What must not be shown; asked for only when something is. */
  secrets: () => readonly string[];
  /** Known to begin otherwise than before: nothing is said of it. */
  isExpected: boolean;
}

export interface Watched {
  missed?: CacheMissed;
  /** The body was answered: the next one is compared with it. */
  answered(): void;
}

/** What was last answered of a conversation. */
interface Answered {
  bytes: GrowingBytes;
  /** The body without its tail: a view, so that remembering it copies nothing. */
  sent: Uint8Array;
  secrets: () => readonly string[];
}

/** Conversations that are remembered, the last used ones. */
const MOST = 64;
/** Characters shown on both sides of the first difference. */
const AROUND = 40;

export function createCacheWatch(): CacheWatch {
  const conversations = new Map<string, Answered>();
  const remember = (conversation: string, answered: Answered): void => {
    // Taken out and put back, so that the oldest is always the first.
    conversations.delete(conversation);
    conversations.set(conversation, answered);
    const [oldest] = conversations.keys();
    if (conversations.size > MOST && oldest !== undefined) conversations.delete(oldest);
  };
  return {
    see(conversation, bytes, { secrets, isExpected }) {
      if (conversation === "") return { answered: () => {} };
      const now: Answered = { bytes, sent: bytes.written(), secrets };
      const before = conversations.get(conversation);
      const answered = (): void => remember(conversation, now);
      const isNoNews = before === undefined || before.bytes === bytes || isExpected;
      const missed = isNoNews ? undefined : compare(before, now);
      return missed === undefined ? { answered } : { missed, answered };
    },
  };
}

function compare(before: Answered, now: Answered): CacheMissed | undefined {
  const firstDifference = firstDifferent(before.sent, now.sent);
  if (firstDifference === undefined) return undefined;
  return {
    type: "cache.missed",
    firstDifference,
    before: excerpt(before.sent, firstDifference, before.secrets()),
    now: excerpt(now.sent, firstDifference, now.secrets()),
  };
}

/** The first byte that differs; undefined where one is the beginning of the other, which the cache serves as well. */
function firstDifferent(before: Uint8Array, now: Uint8Array): number | undefined {
  const length = Math.min(before.length, now.length);
  for (let index = 0; index < length; index++) if (before[index] !== now[index]) return index;
  return undefined;
}

/** The text around a byte, with secrets masked before it is cut, so that none is shown in part. */
function excerpt(bytes: Uint8Array, at: number, secrets: readonly string[]): string {
  const utf8 = new TextDecoder();
  const position = utf8.decode(bytes.subarray(0, at)).length;
  const text = mask(utf8.decode(bytes), secrets);
  return text.slice(Math.max(0, position - AROUND), position + AROUND);
}

/** As long as what it hides, so that positions stay true. A secret stands in the body as JSON writes it. */
function mask(text: string, secrets: readonly string[]): string {
  let masked = text;
  // Longest first: a secret may be part of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    const written = JSON.stringify(secret).slice(1, -1);
    if (written !== "") masked = masked.replaceAll(written, "*".repeat(written.length));
  }
  return masked;
}
