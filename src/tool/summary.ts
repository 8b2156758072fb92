import { type ContentPart, contentText } from "../message/index.ts";
import { wellFormed } from "./model-text.ts";
import { ownCopy } from "./own-copy.ts";
import type { AnyTool } from "./tool.ts";

/** A result that is to be made short. */
export interface OldResult {
  /** The tool's name. */
  tool: string;
  /** As the record holds it; absent where it stands beside the record, and where there is none. */
  output?: unknown;
  /** What the model was shown. */
  content: string | readonly ContentPart[];
}

/** Characters of a result that stay where its tool has no summary of its own. */
const KEPT_CHARS = 200;
/** Characters of a summary at most: one that is not short is cut like a result. */
const MAX_SUMMARY_CHARS = 2000;

/**
 * What is left of an old result when the conversation is made short: the tool's own summary, else its first 200 characters and its
 * size. Never empty, at most some 2,100 characters; a summary that throws, or gives back no text, is as if there were none.
 */
export function summaryOf(tool: AnyTool | undefined, result: OldResult): string {
  const own = ownSummary(tool, result.output);
  const name = result.tool.slice(0, 64);
  if (own !== undefined) return cut(own, MAX_SUMMARY_CHARS, `the summary of what ${name} returned`);
  return cut(contentText(result.content), KEPT_CHARS, `what ${name} returned`);
}

function ownSummary(tool: AnyTool | undefined, output: unknown): string | undefined {
  if (tool?.summary === undefined || output === undefined) return undefined;
  try {
    const made: unknown = tool.summary(ownCopy(output)); // what it changes is not the record
    if (typeof made === "string") return made.trim() === "" ? undefined : made;
    Promise.resolve(made).catch(() => {}); // an asynchronous one is no text, and its failure nobody's
  } catch {
    // Whatever it threw: the result is made short without it.
  }
  return undefined;
}

/** Between characters: half of one cannot be sent. */
function cut(text: string, maxChars: number, what: string): string {
  if (text.length <= maxChars) return wellFormed(text);
  const last = text.charCodeAt(maxChars - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? maxChars - 1 : maxChars;
  return wellFormed(`${text.slice(0, end)}\n[shortened: the first ${end} of ${text.length} characters of ${what}]`);
}
