export {
  type Recorder,
  type RecordOptions,
  type Replayer,
  type ReplayOptions,
  record,
  replay,
  type UnusedExchange,
} from "../cassette/index.ts";
export type {
  SimCitation,
  SimScript,
  SimServerCall,
  SimToolCall,
  SimTurn,
  Simulator,
  SimulatorOptions,
} from "../sim/index.ts";
export type { Automaton } from "./automaton.ts";
export { checkEvents, createAutomaton } from "./automaton.ts";
export type { Examined, RunExpectation } from "./expect-run.ts";
export { expectRun } from "./expect-run.ts";
export type { ScriptedSimulator } from "./script.ts";
export { startScript } from "./script.ts";
