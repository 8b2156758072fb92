/** A line of one text, of the other, or of both. */
export interface DiffLine {
  side: "a" | "b" | "both";
  text: string;
}

/** Lines beyond which only what is common at the beginning and the end is looked for: the work grows with the square. */
const MOST_LINES = 600;

/** Two texts as lines: what they have in common in its order, and between that what each has alone, that of `a` first. */
export function lineDiff(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const start = commonStart(a, b);
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const end = commonStart(restA.toReversed(), restB.toReversed());
  return [
    ...lines("both", a.slice(0, start)),
    ...middle(restA.slice(0, restA.length - end), restB.slice(0, restB.length - end)),
    ...lines("both", restA.slice(restA.length - end)),
  ];
}

function commonStart(a: readonly string[], b: readonly string[]): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  if (a.length > MOST_LINES || b.length > MOST_LINES) return [...lines("a", a), ...lines("b", b)];
  const longest = lengths(a, b);
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [lineA, lineB] = [a[i], b[j]];
    if (lineA !== undefined && lineA === lineB) {
      found.push({ side: "both", text: lineA });
      i += 1;
      j += 1;
    } else if (lineA !== undefined && (lineB === undefined || at(longest, i + 1, j) >= at(longest, i, j + 1))) {
      found.push({ side: "a", text: lineA });
      i += 1;
    } else {
      found.push({ side: "b", text: lineB ?? "" });
      j += 1;
    }
  }
  return found;
}

/** How many lines the ends of both have in common, from each pair of places on. */
function lengths(a: readonly string[], b: readonly string[]): readonly Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (row !== undefined)
        row[j] = a[i] === b[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

function at(table: readonly Uint16Array[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

function lines(side: DiffLine["side"], texts: readonly string[]): readonly DiffLine[] {
  return texts.map((text) => ({ side, text }));
}
