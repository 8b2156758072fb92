// Writes docs/faults.md. Run it with `npm run faults` after a title has changed.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { formatFaults, missingRows, unknownRows } from "./fault-report.ts";
import { findFaultTests } from "./fault-titles.ts";

const file = fileURLToPath(new URL("../../docs/faults.md", import.meta.url));
const tests = findFaultTests();
mkdirSync(new URL("../../docs/", import.meta.url), { recursive: true });
writeFileSync(file, formatFaults(tests));

const missing = missingRows(tests);
const unknown = unknownRows(tests);
console.log(`docs/faults.md: ${tests.length} tests name rows; without a test: ${missing.join(", ") || "none"}`);
if (unknown.length > 0) console.log(`Not in fault-rows.ts:\n${unknown.join("\n")}`);
process.exitCode = missing.length === 0 && unknown.length === 0 ? 0 : 1;
