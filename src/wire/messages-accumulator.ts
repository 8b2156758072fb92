import { compact } from "./json.ts";
import { incompleteMessage, malformedMessage } from "./messages-blocks.ts";
import { type BlockSlot, createBlockSlot } from "./messages-slot.ts";
import type {
  MessagesAnswer,
  MessagesBlock,
  MessagesEvent,
  MessagesHead,
  MessagesStopReason,
  MessagesUsage,
} from "./messages-types.ts";
import { mergeMessagesUsage } from "./messages-usage.ts";

/** An answer as far as it has come. Its fields are read live: they grow with the stream. */
export interface MessagesPartial {
  readonly type: "message";
  readonly role: "assistant";
  /** `""` until the server said. */
  readonly id: string;
  /** `""` until the server said. */
  readonly model: string;
  /** Blocks in their order; empty until one began. The `input_json` of a call may be half of its JSON, or `""`. */
  readonly content: readonly MessagesBlock[];
  /** Undefined until the server said. */
  readonly stop_reason: MessagesStopReason | undefined;
  readonly stop_sequence: string | undefined;
  readonly stop_details: unknown;
  readonly usage: MessagesUsage | undefined;
}

/** Folds the events of one answer. */
export interface MessagesAccumulator {
  /** What follows `message_stop` is ignored. @throws {AgentError} `malformed_event` (retryable) when two events contradict each other. */
  add(event: MessagesEvent): void;
  /**
   * The whole answer.
   * @throws {AgentError} `stream_incomplete` (retryable) without `message_stop` and a stop reason before it; `malformed_event`
   * (retryable) when it ended for tool calls and none came.
   */
  finish(): MessagesAnswer;
  /** What the answer so far reports. */
  usage(): MessagesUsage | undefined;
  /** The answer so far: one object, the same each time, whose fields are put together when they are read. */
  partial(): MessagesPartial;
}

/** What an answer says beside its content, as far as it is known. */
interface Known extends MessagesHead {
  stop_reason?: MessagesStopReason;
  stop_sequence?: string;
  stop_details?: unknown;
}

/** An accumulator for blocks that interleave, in linear time. */
export function createMessagesAccumulator(): MessagesAccumulator {
  const slots = new Map<number, BlockSlot>();
  let known: Known = { id: "", model: "" };
  let isOver = false;
  let partial: MessagesPartial | undefined;
  return {
    add(event) {
      if (isOver) return;
      if (event.type === "message_start") known = mergeHead(known, event.message);
      else if (event.type === "message_delta") known = mergeEnding(known, event);
      else if (event.type === "message_stop") isOver = true;
      else if ("index" in event) addToBlock(slots, event);
    },
    finish() {
      const { stop_reason } = known;
      if (!isOver) throw incompleteMessage("before its message_stop");
      if (stop_reason === undefined) throw incompleteMessage("without a stop reason");
      const blocks = inOrder(slots).map((slot) => slot.finish());
      const content = blocks.map(({ block }) => block);
      if (stop_reason === "tool_use" && !content.some(({ type }) => type === "tool_use")) {
        throw malformedMessage("it ends for tool calls and holds none");
      }
      const raw = blocks.map((block) => block.raw);
      return { ...known, type: "message", role: "assistant", content, raw, stop_reason };
    },
    usage: () => known.usage,
    partial() {
      partial ??= livePartial(
        () => known,
        () => inOrder(slots).map((slot) => slot.read()),
      );
      return partial;
    },
  };
}

type BlockEvent = Extract<MessagesEvent, { index: number }>;

function addToBlock(slots: Map<number, BlockSlot>, event: BlockEvent): void {
  const slot = slots.get(event.index);
  if (event.type === "content_block_start") {
    if (slot === undefined) slots.set(event.index, createBlockSlot(event.raw));
    else if (!slot.isRepeatedBy(event.raw)) throw malformedMessage("two blocks have one index");
  } else if (event.type === "content_block_delta") {
    if (slot === undefined) throw malformedMessage("there is a piece of a block that never began");
    slot.add(event.delta);
  } else slot?.stop(); // the end of a block that never began takes nothing away
}

function inOrder(slots: ReadonlyMap<number, BlockSlot>): BlockSlot[] {
  return [...slots].sort(([a], [b]) => a - b).map(([, slot]) => slot);
}

/** The first id and model count. */
function mergeHead(known: Known, head: MessagesHead): Known {
  return compact<Known>({
    ...known,
    id: known.id === "" ? head.id : known.id,
    model: known.model === "" ? head.model : known.model,
    usage: mergeMessagesUsage(known.usage, head.usage),
    rest: mergeRest(known.rest, head.rest),
  });
}

function mergeEnding(known: Known, event: Extract<MessagesEvent, { type: "message_delta" }>): Known {
  return compact<Known>({
    ...known,
    stop_reason: settleReason(known.stop_reason, event.stop_reason),
    stop_sequence: event.stop_sequence ?? known.stop_sequence,
    stop_details: event.stop_details ?? known.stop_details,
    usage: mergeMessagesUsage(known.usage, event.usage),
    rest: mergeRest(known.rest, event.rest),
  });
}

/** Said twice is fine; another reason would make a cut answer of a whole one, or the reverse. */
function settleReason(
  known: MessagesStopReason | undefined,
  next: MessagesStopReason | undefined,
): MessagesStopReason | undefined {
  if (known === undefined || next === undefined || next === known) return known ?? next;
  throw malformedMessage("it has two stop reasons");
}

function mergeRest(known: MessagesHead["rest"], next: MessagesHead["rest"]): MessagesHead["rest"] {
  return known === undefined ? next : { ...known, ...next };
}

/**
 * One object of getters: looking at every event at what came so far must not rebuild the whole each time. Made for whoever asks: V8 gives
 * every object with getters a shape of its own, which keeps all that they see alive until the next full collection.
 */
function livePartial(read: () => Known, readContent: () => readonly MessagesBlock[]): MessagesPartial {
  return {
    type: "message",
    role: "assistant",
    get id() {
      return read().id;
    },
    get model() {
      return read().model;
    },
    get content() {
      return readContent();
    },
    get stop_reason() {
      return read().stop_reason;
    },
    get stop_sequence() {
      return read().stop_sequence;
    },
    get stop_details() {
      return read().stop_details;
    },
    get usage() {
      return read().usage;
    },
  };
}
