import type { MessagesBlock, MessagesTextBlock } from "../wire/index.ts";
import { MESSAGE_GAP } from "./responses-text.ts";

/** Puts a gap between texts that something else stands between: they are separate paragraphs, while neighbours are one text. */
export interface TextJoin {
  /** Another block begins. */
  begin(type: MessagesBlock["type"]): void;
  /** What goes before the first piece of a text. */
  gapBefore(): string;
}

export function createTextJoin(): TextJoin {
  let hasText = false;
  let isApart = false;
  return {
    begin: (type) => {
      if (type !== "text") isApart = true;
    },
    gapBefore() {
      const gap = hasText && isApart ? MESSAGE_GAP : "";
      hasText = true;
      isApart = false;
      return gap;
    },
  };
}

/** What an answer says, put together from its blocks. */
export interface MessageTexts {
  content: string;
  reasoning: string;
  /** The pieces of `content`, each with where it begins there. */
  pieces: readonly { block: MessagesTextBlock; offset: number }[];
}

export function readBlocks(blocks: readonly MessagesBlock[]): MessageTexts {
  const join = createTextJoin();
  const pieces: { block: MessagesTextBlock; offset: number }[] = [];
  const thoughts: string[] = [];
  let content = "";
  for (const block of blocks) {
    join.begin(block.type);
    if (block.type === "thinking" && block.thinking !== "") thoughts.push(block.thinking);
    if (block.type !== "text" || block.text === "") continue;
    content += join.gapBefore();
    pieces.push({ block, offset: content.length });
    content += block.text;
  }
  return { content, reasoning: thoughts.join(MESSAGE_GAP), pieces };
}
