import type { StandardTypedV1 } from "@standard-schema/spec";
import type { Effect } from "../message/index.ts";
import type { SchemaOutput, ToolSchema } from "./schema.ts";
import type { ApprovalInfo, Concurrency, JsonSchema, Reconciled, Stored, ToolContext } from "./tool.ts";

/** What `defineTool` takes. Write `toModel`, `summary`, `approval` and `reconcile` after `execute`, so that their parameters are inferred. */
export interface ToolOptions<S extends ToolSchema, Context, Output> {
  /** 1 to 64 letters, digits, `_` and `-`, beginning with a letter or `_`; none of xAI's own tool names. */
  name: string;
  /** What the tool does and when to use it: the model chooses by it. */
  description: string;
  /**
   * An object schema: zod 4.2 or newer, zod 3.24, arktype, valibot through `toStandardJsonSchema`, or plain JSON Schema
   * (whose `default`s are told to the model and not filled in).
   */
  input: S;
  /** Checks what `execute` returns; what it makes of it (defaults, unknown keys left out) is stored. Default: no check. */
  output?: StandardTypedV1<Output, Output> | JsonSchema;
  /** What the tool does to the world. Undeclared: never repeated when its outcome is unknown. */
  effect?: Effect;
  /** `external`: its results come from outside and are not to be trusted. */
  origin?: "external";
  /** It reads secrets. Default false. */
  private?: boolean;
  /** Milliseconds one call may take. Default 60,000. */
  timeoutMs?: number;
  /**
   * UTF-8 bytes of text in a result that the model is shown; it is stored whole all the same. Default 1,048,576; at least 256.
   * Images and files have limits of their own.
   */
  maxOutputBytes?: number;
  /**
   * UTF-8 bytes of a result, as JSON, that the record holds itself. A larger one is kept beside it, as `outputArtifact`.
   * Default 1,048,576; at least 256.
   */
  maxStoredBytes?: number;
  /** Default `parallel`. */
  concurrency?: Concurrency;
  /** The run ends after this tool's result. Default false. */
  endsRun?: boolean;
  /** A failing handler: `model` (default) tells the model, `fail` ends the run. */
  onError?: "model" | "fail";
  /**
   * Does the work, on a copy of the arguments that is its own. Its result is stored as JSON (see `Stored`). Of an error the model sees only the kind, for its message
   * may hold secrets; throw an `AgentError` to tell the model in your own words.
   */
  execute: (input: SchemaOutput<S>, tool: ToolContext<Context>) => Output | Promise<Output>;
  /**
   * What the model is shown instead of the whole result: a string as it is, a list of nothing but content parts as images,
   * files and texts (`[imagePart(bytes)]`), anything else as JSON.
   */
  toModel?: (output: Output) => unknown;
  /** What is left of an old result when the conversation is compacted; default: its first 200 characters and its size. */
  summary?: (output: Stored<NoInfer<Output>>) => string;
  /**
   * Whether a person must agree before a call is carried out; a function decides by the arguments. One that throws, or answers with
   * anything but true or false, keeps the call from running. Default false.
   */
  approval?: boolean | ((input: SchemaOutput<S>, info: ApprovalInfo<Context>) => boolean | Promise<boolean>);
  /** Milliseconds after which a request that nobody answered counts as denied. Default: never. */
  approvalTimeoutMs?: number;
  /**
   * Only with `effect: "write"`. Finds out whether a call happened whose outcome is not known (the process stopped while it ran), by
   * `tool.key` for instance: `{ happened: true, output }` with what `execute` would have returned, `{ happened: false }` when it may
   * be run, undefined when it cannot be told. It must not have the effect itself.
   */
  reconcile?: (
    input: SchemaOutput<S>,
    tool: ToolContext<Context>,
  ) => Reconciled<NoInfer<Output>> | Promise<Reconciled<NoInfer<Output>>>;
}
