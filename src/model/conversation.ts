import { AgentError } from "../errors.ts";
import type { Message } from "../message/index.ts";
import { type GrowingBytes, growingBytes } from "./bytes.ts";
import { createCacheWatch } from "./cache-watch.ts";
import { invalid } from "./chat-message.ts";
import type { ModelEvent, ModelRequest } from "./model.ts";

/** A request body, on loan. */
export interface EncodedRequest {
  /** A view of the conversation's buffer: as it is until `release`. */
  body: Uint8Array<ArrayBuffer>;
  /** What there is to say of it before it is sent. */
  notices: readonly ModelEvent[];
  /** Gives the buffer back, once the body is sent or given up. */
  release(): void;
  /** The request was answered whole: its notices need not be told again, and the next one is compared with it. */
  answered(): void;
}

/** How one endpoint writes a request. Head and messages stay as they are from turn to turn, the tail may change. */
export interface RequestFormat {
  /** Up to the messages, their opening bracket included. */
  head(request: ModelRequest): string;
  /** A message as JSON; several where it is sent as several items, none where it is not sent. `messages` is the conversation. */
  entries(message: Message, index: number, messages: readonly Message[]): readonly string[];
  /** What the entries of a message stand in: messages of one frame that follow each other are sent as one. Absent: none. */
  frame?(message: Message): Frame | undefined;
  /** From the closing bracket of the messages on. */
  tail(request: ModelRequest): string;
  /** Texts in the head that must not be shown. */
  secrets?(request: ModelRequest): readonly string[];
  /** False where requests do not hold their history, so that none begins as the one before. Default true. */
  isWhole?: boolean;
}

/** What stands around the entries of several messages. The same object for all of them. */
export interface Frame {
  open: string;
  close: string;
}

/** One conversation as it was last sent: head, messages, and behind them room for the next. */
interface Conversation {
  bytes: GrowingBytes;
  offered: Offered;
  head: string;
  /** Messages encoded, the ones left out included. */
  count: number;
  last: Message | undefined;
  isEmpty: boolean;
  /** The frame that is still open: it is closed before what is not in it, or with the tail. */
  frame: Frame | undefined;
  /** A body that is still being sent: what lies behind the messages must not change under it. */
  isLent: boolean;
}

/** What the head is written from, beside the messages. */
interface Offered {
  tools: ModelRequest["tools"];
  serverTools: ModelRequest["serverTools"];
  output: ModelRequest["output"];
}

export interface ConversationEncoder {
  /** @throws {AgentError} `invalid_message`, and what the format throws. */
  encode(request: ModelRequest): EncodedRequest;
  /** The next request of this conversation is encoded anew, because its messages are to be written otherwise. */
  restart(messages: readonly Message[]): void;
}

/**
 * Writes request bodies of one model, each conversation into one growing buffer: what was encoded in an earlier turn is
 * neither encoded nor copied again, and its bytes stay as they were, which is what the server's prompt cache matches by.
 * A conversation is known by its array of messages, which only grows; another one begins anew.
 */
export function createConversationEncoder(format: RequestFormat): ConversationEncoder {
  const conversations = new WeakMap<readonly Message[], Conversation>();
  const watch = createCacheWatch();
  return {
    encode(request) {
      const tail = format.tail(request);
      const known = conversations.get(request.messages);
      const conversation = continued(known, request, format);
      conversations.set(request.messages, conversation);
      appendMessages(conversation, request.messages, format);
      const watched = watch.see(format.isWhole === false ? "" : request.conversation, conversation.bytes, {
        secrets: () => format.secrets?.(request) ?? [],
        isExpected: request.before !== undefined,
      });
      conversation.isLent = true;
      return {
        body: conversation.bytes.withTail(`${conversation.frame?.close ?? ""}${tail}`),
        notices: watched.missed === undefined ? [] : [watched.missed],
        release: () => {
          conversation.isLent = false;
        },
        answered: watched.answered,
      };
    },
    restart: (messages) => void conversations.delete(messages),
  };
}

function continued(known: Conversation | undefined, request: ModelRequest, format: RequestFormat): Conversation {
  const { tools, serverTools, output } = request;
  const offered: Offered = { tools, serverTools, output };
  const head = known !== undefined && isSameHead(known, offered) ? known.head : format.head(request);
  if (known === undefined || known.isLent || known.head !== head || !isPrefix(known, request.messages)) {
    const bytes = growingBytes();
    bytes.append(head);
    return { bytes, offered, head, count: 0, last: undefined, isEmpty: true, frame: undefined, isLent: false };
  }
  known.offered = offered;
  return known;
}

/** A head may hold the messages before the first that is sent, and nothing was sent of a conversation that is empty. */
function isSameHead({ offered, isEmpty }: Conversation, { tools, serverTools, output }: Offered): boolean {
  return !isEmpty && offered.tools === tools && offered.serverTools === serverTools && offered.output === output;
}

/** Messages are never edited, so the last one stands for all before it. */
function isPrefix(known: Conversation, messages: readonly Message[]): boolean {
  return messages.length >= known.count && (known.count === 0 || messages[known.count - 1] === known.last);
}

function appendMessages(conversation: Conversation, messages: readonly Message[], format: RequestFormat): void {
  for (let index = conversation.count; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) throw invalid(`messages[${index}]`, "is missing", "Leave no holes in the list.");
    const frame = format.frame?.(message);
    for (const json of format.entries(message, index, messages)) appendEntry(conversation, json, frame);
    conversation.count = index + 1;
    conversation.last = message;
  }
  if (!conversation.isEmpty) return;
  throw new AgentError("invalid_message", "The conversation is empty. Give at least one message that says something.");
}

function appendEntry(conversation: Conversation, json: string, frame: Frame | undefined): void {
  const { bytes, isEmpty, frame: opened } = conversation;
  const before = opened !== undefined && opened !== frame ? opened.close : "";
  const open = opened === frame ? "" : (frame?.open ?? "");
  bytes.append(isEmpty ? `${open}${json}` : `${before},${open}${json}`);
  conversation.isEmpty = false;
  conversation.frame = frame;
}
