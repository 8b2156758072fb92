import { visibleText } from "./visible-text.ts";

/** Characters of arguments that a person is shown. */
const MOST_SHOWN = 4_000;

/**
 * The arguments of a call for a person who decides on it: the tool and the length first, so that what is below the fold is known to be
 * there; then JSON in which what could deceive the eye is escaped: controls, changes of direction, characters without width, and
 * letters that look like Latin ones and are none.
 */
export function describeArguments(tool: string, input: unknown): string {
  const json = JSON.stringify(input, undefined, 2) ?? "nothing";
  const characters = [...json].length;
  const text = marked(json);
  const strange = text === json ? "" : ", with characters that deceive the eye: they are escaped";
  const shown = text.slice(0, MOST_SHOWN);
  const rest = text.length > MOST_SHOWN ? `\n… ${text.length - MOST_SHOWN} more characters are not shown` : "";
  return `${marked(tool)}, ${characters} characters${strange}:\n${shown}${rest}`;
}

/** Without width or like a space and none, variation selectors, tags, full-width forms, and letters for formulas. One by one: some join what stands before. */
const HIDING: readonly RegExp[] = [
  /[\u00a0\u00ad\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200b\u202f\u205f\u2060-\u2064\u206a-\u206f\u3000\u3164\uffa0]/gu,
  /\u034f/gu,
  /\u200c/gu,
  /\u200d/gu,
  /[\ufe00-\ufe0f]/gu,
  /[\uff01-\uff5e]/gu,
  /[\u{1d400}-\u{1d7ff}]/gu,
  /[\u{e0000}-\u{e01ef}]/gu,
];
/** Letters of Greek and Cyrillic that look like Latin ones. */
const LOOKALIKE =
  /[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d]/gu;
/** Scripts with letters that look like Latin ones. Nobody writes them and Latin ones in one word. */
const LIKE_LATIN =
  /[\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/gu;
const WORD = /\p{L}+/gu;

function marked(text: string): string {
  const visible = HIDING.reduce((rest, hiding) => rest.replace(hiding, escaped), visibleText(text));
  return visible.replace(WORD, (word) => {
    if (/[A-Za-z]/.test(word)) return word.replace(LIKE_LATIN, escaped);
    return seemsLatin(word) ? word.replace(LOOKALIKE, escaped) : word;
  });
}

/** Nothing but letters that look like Latin ones: an ordinary word in Greek or Russian has others too. */
function seemsLatin(word: string): boolean {
  return word.replace(LOOKALIKE, "") === "";
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
