export { correctionOf, formatIssues } from "./correction.ts";
export { type CheckedAnswer, createOutput, type TypedOutput } from "./output.ts";
export type { PartialAnswer } from "./partial-answer.ts";
export { createPartialJson, type PartialJson } from "./partial-json.ts";
export type { OutputOf, PartialOutput } from "./types.ts";
