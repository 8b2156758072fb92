/** Where the JSON text ends that begins with the quotation mark at `from`; undefined where it does not. */
export function endOfText(data: string, from: number): number | undefined {
  for (let at = from + 1; at < data.length; at += 1) {
    if (data[at] === '"') return at + 1;
    if (data[at] === "\\") at += 1;
  }
  return undefined;
}

/** The one JSON text that is written there; undefined for an empty one, and for anything else. */
export function readText(written: string): string | undefined {
  const end = written.indexOf('"', 1);
  // One text, as far as can be seen: errors of `JSON.parse` cost as much as a hundred chunks.
  if (end < 2 || written[0] !== '"' || (end < written.length - 1 && written[end - 1] !== "\\")) return undefined;
  try {
    const text: unknown = JSON.parse(written);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined; // whoever parses the whole says what is wrong with it
  }
}
