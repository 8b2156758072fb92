export { createAutoModel, createModel, type ModelApi, type ModelOptions } from "./auto.ts";
export {
  CAPABILITIES_AS_OF,
  checkModelTools,
  contextWindow,
  describeModel,
  type ModelFacts,
  maxOutput,
  mayReason,
  NEWEST_MODEL,
  type RetiredModel,
} from "./capabilities.ts";
export { type ChatModelOptions, createChatModel } from "./chat.ts";
export { mendSurrogates } from "./chat-message.ts";
export { atLeastTokens, estimateTokens } from "./estimate.ts";
export { createMessagesModel, type MessagesModelOptions } from "./messages.ts";
export type {
  CompactedConversation,
  CompactRequest,
  Model,
  ModelEvent,
  ModelRequest,
  ModelSettings,
  ModelTurn,
  OutputFormat,
  ReasoningEffort,
  RetryBudget,
  ServerCallResult,
  ToolChoice,
} from "./model.ts";
export { estimateCost, PRICES_AS_OF, type PriceTerms, serverToolTicks } from "./prices.ts";
export { type CompactingModel, createResponsesModel, type ResponsesModelOptions } from "./responses.ts";
export { checkSettings } from "./settings.ts";
export { sourceOfUrl } from "./sources.ts";
export { fromChatMessages, toChatMessages } from "./transcript.ts";
export { type TurnPlan, worstCaseTicks } from "./worst-case.ts";
