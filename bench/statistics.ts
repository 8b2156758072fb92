import type { Measured } from "./measure.ts";

/** The middle of several measurements and how far they lie apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** What a contender cost in a workload, and how that compares with the floor. */
export interface Row {
  workload: string;
  contender: string;
  cpuMs: Spread;
  wallMs: Spread;
  peakRssMiB: Spread;
  /** To the floor measured in the same repetition, a few seconds apart: a slow moment of the machine hits both. */
  cpuRatio: Spread;
  wallRatio: Spread;
}

/** @param values At least one. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  const median = middle.reduce((sum, value) => sum + value, 0) / middle.length;
  return { median, min: Math.min(...values), max: Math.max(...values) };
}

/** @param floor The floor's measurements, one for each of `own`. */
export function rowOf(
  names: Pick<Row, "workload" | "contender">,
  own: readonly Measured[],
  floor: readonly Measured[],
): Row {
  const of = (key: keyof Measured): Spread => spread(own.map((measured) => measured[key]));
  const ratio = (key: keyof Measured): Spread =>
    spread(own.map((measured, repetition) => measured[key] / (floor[repetition]?.[key] ?? Number.NaN)));
  return {
    ...names,
    cpuMs: of("cpuMs"),
    wallMs: of("wallMs"),
    peakRssMiB: of("peakRssMiB"),
    cpuRatio: ratio("cpuMs"),
    wallRatio: ratio("wallMs"),
  };
}
