/** What a question asks to be calculated: as Python, and what it comes to. */
export interface Calculation {
  readonly code: string;
  readonly value: number;
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const CHAIN = new RegExp(String.raw`(?<![\w.-])${NUMBER}(?:\s*[-+*/×÷]\s*${NUMBER})+(?![\w-])`);
const PERCENT = new RegExp(String.raw`(${NUMBER})\s*(?:%|percent)\s+of\s+(${NUMBER})`, "i");
const LIST = new RegExp(
  String.raw`\b(average|mean|sum|total)\s+of\s+(${NUMBER}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)${NUMBER})+)`,
  "i",
);

/** The arithmetic a question holds: `12 * 7`, `15% of 80`, `the average of 3, 5 and 10`; nothing where there is none. */
export function calculate(question: string): Calculation | undefined {
  const found = percent(question) ?? list(question) ?? chain(question);
  return found !== undefined && Number.isFinite(found.value) ? found : undefined;
}

function percent(question: string): Calculation | undefined {
  const [, share, whole] = PERCENT.exec(question) ?? [];
  if (share === undefined || whole === undefined) return undefined;
  return { code: `${share} / 100 * ${whole}`, value: (Number(share) / 100) * Number(whole) };
}

function list(question: string): Calculation | undefined {
  const [, word = "", items] = LIST.exec(question) ?? [];
  if (items === undefined) return undefined;
  const numbers = (items.match(new RegExp(NUMBER, "g")) ?? []).map(Number);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const isMean = /average|mean/i.test(word);
  return {
    code: `sum([${numbers.join(", ")}])${isMean ? ` / ${numbers.length}` : ""}`,
    value: isMean ? sum / numbers.length : sum,
  };
}

/** Numbers and signs; products before sums. A date is no subtraction: its signs stand without spaces. */
function chain(question: string): Calculation | undefined {
  const [text] = CHAIN.exec(question) ?? [];
  if (text === undefined || /^\d+([-/])\d+\1\d+$/.test(text)) return undefined;
  const code = text
    .replaceAll("×", "*")
    .replaceAll("÷", "/")
    .replace(/\s*([-+*/])\s*(?=-?\d)/g, (_, sign) => ` ${sign} `);
  const [first = "0", ...rest] = code.trim().split(/ +/);
  const terms = [Number(first)];
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const [sign, next] = [rest[at], Number(rest[at + 1])];
    const last = terms.length - 1;
    if (sign === "*") terms[last] = (terms[last] ?? 0) * next;
    else if (sign === "/") terms[last] = (terms[last] ?? 0) / next;
    else terms.push(sign === "-" ? -next : next);
  }
  return { code: code.trim(), value: terms.reduce((sum, term) => sum + term, 0) };
}
