import { type ChatPartialChoice, type ChoiceBuffer, createChoiceBuffer, incomplete } from "./chat-choice.ts";
import type { ChatChunk, ChatCompletion, ChatDataChunk, ChatUsage } from "./chat-types.ts";
import { compact } from "./json.ts";

/** An answer as far as it has come. Its fields are read live: they grow with the stream. */
export interface ChatPartial {
  readonly object: "chat.completion";
  /** `""` until the server said. */
  readonly id: string;
  readonly created: number | undefined;
  /** `""` until the server said. */
  readonly model: string;
  /** By `index`; empty until one began. */
  readonly choices: readonly ChatPartialChoice[];
  readonly usage: ChatUsage | undefined;
  readonly system_fingerprint: string | undefined;
  readonly service_tier: string | undefined;
  readonly citations: readonly string[] | undefined;
  readonly output_files: readonly unknown[] | undefined;
}

/** Folds the chunks of one answer. */
export interface ChatAccumulator {
  /** @throws {AgentError} `malformed_event` (retryable) when a chunk contradicts an earlier one. */
  add(chunk: ChatChunk): void;
  /**
   * The whole answer.
   * @throws {AgentError} `stream_incomplete` (retryable) when the stream ended before every choice was finished;
   * `malformed_event` (retryable) when a tool call has no name, or calls were announced and none came.
   */
  finish(): ChatCompletion;
  /** What the answer so far reports; the same object as long as nothing was reported anew. */
  usage(): ChatUsage | undefined;
  /** The answer so far: one object, the same each time, whose fields are put together when they are read. */
  partial(): ChatPartial;
}

/** What an answer says beside its choices, as far as it is known. */
type Head = { [Field in keyof Omit<ChatDataChunk, "type" | "choices">]: ChatDataChunk[Field] | undefined };

/** An accumulator for whole and for fragmented tool calls, any number of choices, in linear time. */
export function createChatAccumulator(): ChatAccumulator {
  const choices = new Map<number, ChoiceBuffer>();
  const head: Head = {};
  let partial: ChatPartial | undefined;
  const inOrder = (): ChoiceBuffer[] => [...choices.values()].sort((a, b) => a.index - b.index);
  return {
    add(chunk) {
      if (chunk.type === "unknown") return;
      mergeHead(head, chunk);
      for (const delta of chunk.choices) {
        const choice = choices.get(delta.index) ?? createChoiceBuffer(delta.index);
        choices.set(delta.index, choice);
        choice.add(delta);
      }
    },
    finish() {
      if (choices.size === 0) throw incomplete("before any of the answer was there");
      const finished = inOrder().map((choice) => choice.finish());
      return { ...completionHead(head), choices: finished };
    },
    usage: () => head.usage,
    partial() {
      partial ??= livePartial(head, inOrder);
      return partial;
    },
  };
}

/** The first id, model and time count; of what is repeated and grows, the last. */
function mergeHead(head: Head, chunk: ChatDataChunk): void {
  head.id ??= chunk.id;
  head.model ??= chunk.model;
  head.created ??= chunk.created;
  head.usage = mergeUsage(head.usage, chunk.usage);
  head.system_fingerprint = chunk.system_fingerprint ?? head.system_fingerprint;
  head.service_tier = chunk.service_tier ?? head.service_tier;
  head.citations = chunk.citations ?? head.citations;
  head.output_files = chunk.output_files ?? head.output_files;
}

/** Usage is cumulative, so the last one counts; but a cost once told is not lost to a chunk that leaves it out. */
function mergeUsage(known: ChatUsage | undefined, next: ChatUsage | undefined): ChatUsage | undefined {
  if (next === undefined) return known;
  const ticks = next.cost_in_usd_ticks ?? known?.cost_in_usd_ticks;
  return ticks === undefined ? next : { ...next, cost_in_usd_ticks: ticks };
}

function completionHead(head: Head): Omit<ChatCompletion, "choices"> {
  return compact<Omit<ChatCompletion, "choices">>({
    id: head.id ?? "",
    object: "chat.completion",
    created: head.created,
    model: head.model ?? "",
    usage: head.usage,
    system_fingerprint: head.system_fingerprint,
    service_tier: head.service_tier,
    citations: head.citations,
    output_files: head.output_files,
    request_id: undefined,
    simulated: undefined,
  });
}

/**
 * One object of getters: looking at every chunk at what came so far must not rebuild the whole each time. Made for whoever asks: V8 gives
 * every object with getters a shape of its own, which keeps all that they see alive until the next full collection.
 */
function livePartial(head: Head, inOrder: () => ChoiceBuffer[]): ChatPartial {
  return {
    object: "chat.completion",
    get id() {
      return head.id ?? "";
    },
    get created() {
      return head.created;
    },
    get model() {
      return head.model ?? "";
    },
    get choices() {
      return inOrder().map((choice) => choice.partial());
    },
    get usage() {
      return head.usage;
    },
    get system_fingerprint() {
      return head.system_fingerprint;
    },
    get service_tier() {
      return head.service_tier;
    },
    get citations() {
      return head.citations;
    },
    get output_files() {
      return head.output_files;
    },
  };
}
