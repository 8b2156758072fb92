import type { Measured } from "./measure.ts";

/** The middle of several measurements and how far they lie apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** What a contender cost in a workload, and how that compares with the workload's base. */
export interface MeasuredRow {
  workload: string;
  contender: string;
  /** When it was measured, as ISO 8601: rows that are kept are older than the others. */
  at: string;
  repetitions: number;
  cpuMs: Spread;
  wallMs: Spread;
  peakRssMiB: Spread;
  /** To the base measured in the same repetition, a few seconds apart: a slow moment of the machine hits both. */
  cpuRatio: Spread;
  wallRatio: Spread;
}

/** A contender that did not do the work, and why. */
export interface RefusedRow {
  workload: string;
  contender: string;
  at: string;
  refused: string;
}

export type Row = MeasuredRow | RefusedRow;

export function isMeasured(row: Row): row is MeasuredRow {
  return "cpuMs" in row;
}

/** @param values At least one. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  const median = middle.reduce((sum, value) => sum + value, 0) / middle.length;
  return { median, min: Math.min(...values), max: Math.max(...values) };
}

/** @param base The base's measurements, by repetition; `own` may have fewer. */
export function rowOf(
  names: Pick<Row, "workload" | "contender" | "at">,
  own: readonly Measured[],
  base: readonly Measured[],
): MeasuredRow {
  const of = (key: keyof Measured): Spread => spread(own.map((measured) => measured[key]));
  const ratio = (key: keyof Measured): Spread =>
    spread(own.map((measured, repetition) => measured[key] / (base[repetition]?.[key] ?? Number.NaN)));
  return {
    ...names,
    repetitions: own.length,
    cpuMs: of("cpuMs"),
    wallMs: of("wallMs"),
    peakRssMiB: of("peakRssMiB"),
    cpuRatio: ratio("cpuMs"),
    wallRatio: ratio("wallMs"),
  };
}
