import type { Span } from "../message/index.ts";
import { visibleLine, visibleText } from "./visible-text.ts";

/** Text that nobody checked, as a span of code: Markdown obeys nothing in it. */
export function codeSpan(text: string): string {
  const line = visibleLine(text);
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** The same on lines of its own. */
export function codeBlock(text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}\n${visibleText(text).trimEnd()}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** Text that nobody checked, on one line, with nothing in it that Markdown obeys. */
export function plainMarkdown(text: string): string {
  return visibleLine(text)
    .replace(/[\\`*_{}[\]<>()#+!|~&$]/g, "\\$&")
    .replace(/^([-=]|\d+(?=[.)]))/, "\\$1");
}

/** An address to click on when it leads to the web, else its text. */
export function linkTo(url: string): string {
  if (!URL.canParse(url)) return codeSpan(url);
  const { protocol, href } = new URL(url);
  return protocol === "https:" || protocol === "http:"
    ? `<${href.replace(/[<>]/g, encodeURIComponent)}>`
    : codeSpan(url);
}

/**
 * A model's own Markdown without what could reach beyond it: HTML, links, images and footnotes are shown as text, since
 * an image is fetched by whoever looks, and a footnote of the model's own could be taken for ours. Code in fences stays as
 * it is.
 */
export function tameMarkdown(text: string, fences: readonly Span[] = fencesIn(text), offset = 0): string {
  let tame = "";
  let position = 0;
  for (const { start, end } of fences) {
    const [from, to] = [Math.max(0, start - offset), Math.min(text.length, end - offset)];
    if (to <= position || from >= text.length) continue;
    tame += escapeActive(text.slice(position, from)) + text.slice(from, to);
    position = to;
  }
  return visibleText(tame + escapeActive(text.slice(position)));
}

function escapeActive(text: string): string {
  return text.replace(/[\\[\]<]/g, "\\$&");
}

/** Fenced code blocks of a text, with their last line's end. @see CommonMark 0.31, section 4.5 */
export function fencesIn(text: string): readonly Span[] {
  const fences: Span[] = [];
  let open: { start: number; mark: string } | undefined;
  let position = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const [, mark = "", info = ""] = /^ {0,3}(`{3,}|~{3,})([^\n]*)/.exec(line) ?? [];
    if (open === undefined && mark !== "" && !(mark.startsWith("`") && info.includes("`"))) {
      open = { start: position, mark };
    } else if (open !== undefined && mark.startsWith(open.mark) && info.trim() === "") {
      fences.push({ start: open.start, end: position + line.length });
      open = undefined;
    }
    position += line.length;
  }
  if (open !== undefined) fences.push({ start: open.start, end: text.length });
  return fences;
}
