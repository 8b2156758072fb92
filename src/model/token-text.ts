/** Tokens of a text: about how many, and surely no fewer than. */
export interface TextTokens {
  about: number;
  atLeast: number;
}

/**
 * Characters of one token at most, runs of one character counted once. The longest of two published vocabularies, cl100k and o200k,
 * have 42 and 26 (measured 2026-11-20; with runs, of spaces or dashes, 128). xAI publishes none: hence the margin.
 */
const LONGEST_TOKEN = 64;

/**
 * Counts a text without a tokenizer, in one pass. `about`: four characters of ASCII a token, two of other alphabets, one of
 * Chinese, Japanese, Korean or an emoji. `atLeast`: see `LONGEST_TOKEN`; no text has fewer tokens in a vocabulary that keeps to it.
 */
export function textTokens(text: string): TextTokens {
  let quarters = 0;
  let changes = 0;
  let before = -1;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) continue; // the second half of a character
    if (unit !== before) changes += 1;
    before = unit;
    quarters += unit < 0x80 ? 1 : unit < 0x1100 ? 2 : 4;
  }
  return { about: Math.ceil(quarters / 4), atLeast: Math.floor(changes / LONGEST_TOKEN) };
}
