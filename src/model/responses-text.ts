import type { AnnotatedText } from "./citations.ts";
import { asJson, type Json, objectsOf, textOf } from "./json.ts";

/** Between two messages of one answer: what a model says before and after its searches are separate paragraphs. */
export const MESSAGE_GAP = "\n\n";

/** What an answer says, put together from its items. */
export interface ResponsesTexts {
  /** All visible text. */
  content: string;
  refusal: string;
  reasoning: string;
  /** The pieces of `content`, each with its annotations. */
  pieces: readonly AnnotatedText[];
}

/** Reads messages and reasoning; other items say nothing. */
export function readTexts(items: readonly object[]): ResponsesTexts {
  const texts = { content: "", refusal: "", reasoning: "", pieces: [] as AnnotatedText[] };
  for (const item of items.map(asJson)) {
    if (item.type === "message") readMessage(texts, item);
    if (item.type === "reasoning") texts.reasoning = joined([texts.reasoning, ...reasoningTexts(item)]);
  }
  return texts;
}

function readMessage(texts: { content: string; refusal: string; pieces: AnnotatedText[] }, message: Json): void {
  let gap = texts.content === "" ? "" : MESSAGE_GAP;
  for (const part of objectsOf(message.content)) {
    const refusal = part.type === "refusal" ? textOf(part.refusal) : undefined;
    if (refusal !== undefined) texts.refusal = joined([texts.refusal, refusal]);
    const text = part.type === "output_text" ? textOf(part.text) : undefined;
    if (text === undefined) continue;
    const offset = texts.content.length + gap.length;
    texts.content += gap + text;
    texts.pieces.push({ text, offset, annotations: objectsOf(part.annotations) });
    gap = "";
  }
}

/** The summaries, then the trace itself where the server shows it. */
export function reasoningTexts(item: Json): readonly string[] {
  return [...objectsOf(item.summary), ...objectsOf(item.content)].flatMap(({ text }) => textOf(text) ?? []);
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join(MESSAGE_GAP);
}
