import type { ContentPart } from "./message.ts";

/** Content as text, for people and for models that see no images: a part that is no text stands as `[image]` or `[file …]`. */
export function contentText(content: string | readonly ContentPart[]): string {
  return typeof content === "string" ? content : content.map(partText).join("\n");
}

function partText(part: ContentPart): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "image":
      return "[image]";
    case "file":
      return `[file${part.filename === undefined ? "" : ` ${part.filename}`}]`;
    default:
      return part satisfies never;
  }
}
