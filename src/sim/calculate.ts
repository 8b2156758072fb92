/** What a question asks to be calculated: as Python, and what it comes to. */
export interface Calculation {
  readonly code: string;
  readonly value: number;
}

// Literals, so that each can be checked to be linear. What a number is stands in all of them: -?\d+(?:\.\d+)?
const NUMBER = /-?\d+(?:\.\d+)?/g;
const CHAIN = /(?<![\w.-])-?\d+(?:\.\d+)?(?:\s*[-+*/×÷]\s*-?\d+(?:\.\d+)?)+/;
const PERCENT = /(?<![\w.-])(-?\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+(-?\d+(?:\.\d+)?)/i;
const LIST = /\b(average|mean|sum|total)\s+of\s+(-?\d+(?:\.\d+)?(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)-?\d+(?:\.\d+)?)+)/i;

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
  const numbers = (items.match(NUMBER) ?? []).map(Number);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const isMean = /average|mean/i.test(word);
  return {
    code: `sum([${numbers.join(", ")}])${isMean ? ` / ${numbers.length}` : ""}`,
    value: isMean ? sum / numbers.length : sum,
  };
}

/** Numbers and signs; products before sums. A date is no subtraction: its signs stand without spaces. */
function chain(question: string): Calculation | undefined {
  const { 0: text, index = 0 } = CHAIN.exec(question) ?? { 0: undefined };
  if (text === undefined || /^\d+([-/])\d+\1\d+$/.test(text)) return undefined;
  if (/[\w-]/.test(question.charAt(index + text.length))) return undefined;
  const plain = text.replaceAll("×", "*").replaceAll("÷", "/").replaceAll(/\s/g, "");
  // With a sign before the first number too, each number has its own.
  const [first, ...rest] = [...`+${plain}`.matchAll(/([-+*/])(-?\d+(?:\.\d+)?)/g)];
  const code = [first?.[2], ...rest.map(([, sign, number]) => `${sign} ${number}`)].join(" ");
  const terms = [Number(first?.[2])];
  for (const [, sign, number] of rest) {
    const next = Number(number);
    const last = terms.length - 1;
    if (sign === "*") terms[last] = (terms[last] ?? 0) * next;
    else if (sign === "/") terms[last] = (terms[last] ?? 0) / next;
    else terms.push(sign === "-" ? -next : next);
  }
  return { code, value: terms.reduce((sum, term) => sum + term, 0) };
}
