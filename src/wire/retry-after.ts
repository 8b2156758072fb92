/**
 * How long a server asks us to wait, in milliseconds; undefined when it does not ask, asks for something that is no time,
 * or for a moment that has passed. Reads `retry-after-ms`, then `retry-after` in seconds, then as an HTTP date, which is
 * held against the answer's own `date` header: the clock of this machine may be wrong.
 * @param nowMs Milliseconds since the epoch, for answers without a `date`.
 * @see RFC 9110, section 10.2.3
 */
export function readRetryAfter(header: (name: string) => string | undefined, nowMs: number): number | undefined {
  const millis = readNumber(header("retry-after-ms"));
  if (millis !== undefined) return millis;
  const text = header("retry-after")?.trim();
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1000;
  const saidMs = readDate(header("date")?.trim());
  const waitMs = readDate(text) - (Number.isNaN(saidMs) ? nowMs : saidMs);
  return waitMs > 0 ? waitMs : undefined;
}

function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,12}(\.\d{1,6})?\s*$/.test(text)) return undefined;
  return Number(text);
}

/** The three forms of an HTTP date; NaN for anything else, of which `Date.parse` would make a date all the same. */
function readDate(text: string | undefined): number {
  if (text === undefined || !/^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d( \d{4}| GMT)$/.test(text)) return Number.NaN;
  return Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
}

/** A wait for people: `2 s`, `15 min`, `24 h`. */
export function formatWait(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}
