export {
  cancelledAnswer,
  deniedAnswer,
  duplicateAnswer,
  failedAnswer,
  invalidInputAnswer,
  notBegunAnswer,
  notRecordedAnswer,
  rehearsedAnswer,
  settledAnswer,
  timeoutAnswer,
  tooManyCallsAnswer,
  unknownOutcomeAnswer,
  unknownToolAnswer,
} from "./answers.ts";
export { type ReadArguments, readArguments } from "./arguments.ts";
export { type Check, createCheck } from "./check.ts";
export { codeExecution } from "./code-execution.ts";
export { collectionsSearch } from "./collections-search.ts";
export { defineTool } from "./define.ts";
export { type Encoding, encodeJson } from "./encode.ts";
export { type GateVerdict, gateSchema, passGate } from "./gate.ts";
export { imageGeneration } from "./image-generation.ts";
export { type JsonText, readJsonText } from "./json-text.ts";
export type { SchemaRefusal } from "./malformed.ts";
export { checkToolName, nearestName, reservedToolNames } from "./names.ts";
export { nestingDepth, type OuterCall, outerCall, saidHere } from "./nesting.ts";
export type { ToolOptions } from "./options.ts";
export { ownCopy } from "./own-copy.ts";
export { resolvePointer } from "./pointer.ts";
export { type BrokenRule, brokenRule } from "./policy.ts";
export { type KeywordRule, type SchemaProfile, xaiSchemaProfile } from "./profile.ts";
export { remoteMcp } from "./remote-mcp.ts";
export { callTool, type ToolCallRequest } from "./run.ts";
export { type SchemaInput, type SchemaOutput, type ToolSchema, toJsonSchema } from "./schema.ts";
export type {
  CodeExecutionTool,
  CollectionsSearchOptions,
  CollectionsSearchTool,
  ImageGenerationOptions,
  ImageGenerationTool,
  RemoteMcpOptions,
  RemoteMcpTool,
  ServerTool,
  UserLocation,
  WebSearchOptions,
  WebSearchTool,
  XSearchOptions,
  XSearchTool,
} from "./server-tool.ts";
export { createToolSlots, type ToolSlots } from "./slots.ts";
export type { Spilled } from "./spill.ts";
export { type OldResult, summaryOf } from "./summary.ts";
export type {
  AgentTool,
  AnyTool,
  ApprovalInfo,
  Concurrency,
  ContextOf,
  InputVerdict,
  JsonSchema,
  Reconciled,
  ReconciledCall,
  Stored,
  Tool,
  ToolAnswer,
  ToolContext,
  ToolDeclaration,
  ToolEvent,
  ToolOutput,
} from "./tool.ts";
export { createToolbox, isServerTool, isTool, type Toolbox } from "./toolbox.ts";
export { webSearch } from "./web-search.ts";
export { xSearch } from "./x-search.ts";
