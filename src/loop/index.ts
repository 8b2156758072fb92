export type { Delivery } from "./inbox.ts";
export { DEFAULT_LIMITS } from "./limits.ts";
export type { BufferLimits } from "./outbox.ts";
export type { Run } from "./run.ts";
export { completed } from "./run.ts";
export { RunError, runError } from "./run-error.ts";
export type { Retry, RetryHooks } from "./services.ts";
export type { StartOptions } from "./start.ts";
export { startRun } from "./start.ts";
