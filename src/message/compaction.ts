import type { Message } from "./message.ts";

/**
 * Whether a message is what xAI made of a conversation: an opaque item that stands for all that was before it, the system message
 * included. It must stay as it is, and nothing may come before it.
 */
export function isCompaction(message: Message | undefined): boolean {
  if (message?.role !== "assistant" || message.raw?.api !== "responses" || !Array.isArray(message.raw.items)) {
    return false;
  }
  // Items are kept as they came: of one that is no object nothing is read.
  return message.raw.items.some((item) => (item as { type?: unknown } | null)?.type === "compaction");
}
