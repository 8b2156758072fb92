import { writeFileSync } from "node:fs";
import { drawChart } from "./chart.ts";
import { formatReport } from "./report-text.ts";
import type { Results } from "./results.ts";

/** Writes RESULTS.md and chart.svg from what was found. */
export function writeReport(results: Results): void {
  writeFileSync(new URL("./RESULTS.md", import.meta.url), formatReport(results));
  writeFileSync(new URL("./chart.svg", import.meta.url), drawChart(results));
  console.log("bench/RESULTS.md and bench/chart.svg have been written.");
}
