export { type Recorder, type RecordOptions, record } from "./record.ts";
export { type Replayer, type ReplayOptions, replay, type UnusedExchange } from "./replay.ts";
