const DAY_MS = 86_400_000;

/** A day that was read, or what is wrong with it. */
export type ReadDay = { day: string } | { problem: string };

/** A day as xAI takes it, `YYYY-MM-DD`: of a `Date` its day in UTC. */
export function readDay(value: unknown): ReadDay {
  if (value instanceof Date) return dayOf(value);
  if (typeof value !== "string") return { problem: `is ${value === null ? "null" : `a ${typeof value}`}, not a day` };
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
  if (year === undefined || month === undefined || day === undefined) return { problem: likely(value) };
  const read = new Date(`${value}T00:00:00Z`);
  const isThatDay = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(value);
  return isThatDay ? { day: value } : { problem: `is "${value}", a day that does not exist` };
}

/** The day after, for telling people what an exclusive end means. */
export function dayAfter(day: string): string {
  return new Date(startOfDay(day) + DAY_MS).toISOString().slice(0, 10);
}

/** Milliseconds since the epoch at which the day begins in UTC. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function dayOf(date: Date): ReadDay {
  if (Number.isNaN(date.getTime())) return { problem: "is an invalid Date" };
  const day = date.toISOString().slice(0, 10);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? { day } : { problem: `is ${date.toISOString()}, a year xAI does not take` };
}

/** What was probably meant by a text of another form: a moment, or a day without its zeros. */
function likely(text: string): string {
  const shown = `is ${JSON.stringify(text.slice(0, 60))}`;
  const [, year = "", month = "", day = ""] = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/.exec(text.trim()) ?? [];
  if (year === "") return `${shown}, not a day`;
  const padded = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return "day" in readDay(padded) ? `${shown}; write "${padded}"` : `${shown}, not a day`;
}
