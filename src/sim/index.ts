export { foreignModels, type SimModel, type SimPrices, simModels } from "./models.ts";
export { planTurn } from "./planner.ts";
export type { SimProfile } from "./profile.ts";
export type {
  SimFunction,
  SimHostedTool,
  SimItem,
  SimMessage,
  SimPart,
  SimRequest,
  SimResponseFormat,
  SimSentCall,
  SimTalk,
  SimTool,
} from "./request.ts";
export { schemaRefusal } from "./schema-rules.ts";
export type { SimCut, SimScript, SimToolCall, SimTurn, SimUsage } from "./script.ts";
export { planResponse } from "./search-planner.ts";
export type { SimCitation, SimRawCall, SimServerCall, SimServerKind } from "./server-calls.ts";
export { type SimRecordedRequest, type Simulator, type SimulatorOptions, startSimulator } from "./sim.ts";
