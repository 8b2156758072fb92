export type { DeltaStamp } from "./delta.ts";
export { stampDeltas } from "./delta.ts";
export type { Boxed, Durable, Journal, Op, StepInfo, WaitOptions } from "./journal.ts";
export type { JournalOptions } from "./memory.ts";
export { createMemoryJournal } from "./memory.ts";
export type { RecordedIn, RecordOptions, RunRecord } from "./record.ts";
export { createRecord } from "./record.ts";
export { alwaysReplay } from "./replay.ts";
