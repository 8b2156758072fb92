export { CAPABILITIES_AS_OF, describeModel, type ModelFacts, mayReason, type RetiredModel } from "./capabilities.ts";
export { type ChatModelOptions, createChatModel } from "./chat.ts";
export type {
  Model,
  ModelEvent,
  ModelRequest,
  ModelSettings,
  ModelTurn,
  ReasoningEffort,
  ServerCallResult,
  ToolChoice,
} from "./model.ts";
export { checkSettings } from "./settings.ts";
export { fromChatMessages, toChatMessages } from "./transcript.ts";
