import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Lies beside the project, not in it: tests that need it are skipped, saying so, where it is absent. */
const folder = new URL("../../../shared/wire/messages/", import.meta.url);

export const hasMessages: boolean = existsSync(folder);

/** JSON of the wire, read without any code of ours. */
export type Wire = Readonly<Record<string, unknown>>;

export interface MessagesRecording {
  name: string;
  isStream: boolean;
  /** As it went over the wire: an event stream, or a JSON body. */
  bytes: Uint8Array;
  /** The JSON of every event; of a whole body, none. */
  events: readonly Wire[];
  /** The whole message, put together as simply as can be. */
  message: Wire;
  blocks: readonly Wire[];
}

export const messageRecordings: readonly MessagesRecording[] = hasMessages ? readdirSync(folder).map(read) : [];
export const messageStreams: readonly MessagesRecording[] = messageRecordings.filter(({ isStream }) => isStream);

function read(name: string): MessagesRecording {
  const content = readFileSync(new URL(name, folder), "utf8");
  const utf8 = new TextEncoder();
  if (name.endsWith(".json")) {
    const message: Wire = JSON.parse(content);
    return { name, isStream: false, bytes: utf8.encode(content), events: [], message, blocks: list(message.content) };
  }
  const isRaw = name.endsWith(".sse");
  const lines = content
    .split("\n")
    .flatMap((line) => (isRaw ? (/^data: (.*)$/.exec(line)?.[1] ?? []) : line.trim() === "" ? [] : line));
  const events: Wire[] = lines.map((line) => JSON.parse(line));
  const framed = events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  const message = joined(events);
  return {
    name,
    isStream: true,
    bytes: utf8.encode(isRaw ? content : framed),
    events,
    message,
    blocks: list(message.content),
  };
}

/** What a stream says: blocks with their deltas applied, the last word of everything else. */
function joined(events: readonly Wire[]): Wire {
  let message: Wire = {};
  const blocks: Record<string, unknown>[] = [];
  for (const event of events) {
    const index = Number(event.index);
    const delta = object(event.delta);
    const block = blocks[index] ?? {};
    if (event.type === "message_start") message = object(event.message);
    if (event.type === "content_block_start") blocks[index] = { ...object(event.content_block) };
    if (delta.type === "text_delta") block.text = `${block.text}${delta.text}`;
    if (delta.type === "thinking_delta") block.thinking = `${block.thinking}${delta.thinking}`;
    if (delta.type === "signature_delta") block.signature = delta.signature;
    if (delta.type === "input_json_delta") block.written = `${block.written ?? ""}${delta.partial_json}`;
    if (event.type === "message_delta") {
      message = { ...message, ...delta, usage: { ...object(message.usage), ...object(event.usage) } };
    }
  }
  const content = blocks.map(({ written, ...block }) =>
    written === undefined || written === "" ? block : { ...block, input: JSON.parse(String(written)) },
  );
  return { ...message, content };
}

export function object(value: unknown): Wire {
  return typeof value === "object" && value !== null ? (value as Wire) : {}; // an object has names and values
}

/** The objects of a list. */
export function list(value: unknown): readonly Wire[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}
