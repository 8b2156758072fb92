/**
 * Text from models, tools and pages, made safe to print: control characters (terminal escapes among them) and those that
 * change the direction of text are shown as `\x1b` or `\u{202e}` instead of being obeyed. Line ends (`\n`) and tabs stay.
 * @see Unicode TR36, section 2.10 (bidirectional spoofing)
 */
export function visibleText(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(/\s+/g, " ").trim();
}

/** C0 and C1 controls but tab and line feed; marks, embeddings, overrides and isolates of direction; line separators; lone surrogates. */
const HIDDEN = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;
