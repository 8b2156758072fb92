import type { ErrorInfo } from "../errors.ts";
import type { ToolCompletedEvent, ToolExecutingEvent, ToolInputEvent } from "../event/index.ts";
import type { ContentPart, Effect, FunctionCall, InputIssue, Outcome } from "../message/index.ts";
import type { ServerTool } from "./server-tool.ts";
import type { Spilled } from "./spill.ts";

/** JSON Schema as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What the model is told about a tool. */
export interface ToolDeclaration {
  name: string;
  description: string;
  parameters: JsonSchema;
}

/** What a handler is given beside its input. */
export interface ToolContext<Context = unknown> {
  /** Aborted when the run is cancelled or the tool's time is up. */
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly callId: string;
  /** The same in every attempt at this call: the idempotency key for whatever the handler calls. */
  readonly key: string;
  /** From 1. */
  readonly attempt: number;
  /** The application's own data, as given to `run` or `stream`. */
  readonly context: Context;
  /** Shows live viewers how far the handler is. `data` is JSON; it is not stored and the model does not see it. */
  progress(data: unknown): void;
}

/** What an `approval` function may decide by, beside the arguments. */
export interface ApprovalInfo<Context = unknown> {
  /** Text from outside has entered the run: from the web, X, MCP or an `external` tool. */
  readonly tainted: boolean;
  /** The application's own data, as given to `run` or `stream`. */
  readonly context: Context;
}

/** `parallel` (default) runs beside anything; `serial` runs alone among serial ones; a key runs alone among its equals. */
export type Concurrency = "parallel" | "serial" | { readonly key: string };

/** Whether arguments fit a tool. `error` is what a broken validator threw: for the record, never for the model. */
export type InputVerdict = { ok: true; value: unknown } | { ok: false; issues: readonly InputIssue[]; error?: unknown };

/**
 * A tool the model may call, made by `defineTool`. `Context` is what its handler needs of the application, `Input` the
 * arguments as the model writes them, `Output` what the handler returns.
 */
export interface Tool<Context = unknown, Input = unknown, Output = unknown> {
  readonly kind: "function";
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema as it is sent. */
  readonly parameters: JsonSchema;
  /** What the gate moved from the schema into a description because xAI does not take it. */
  readonly weakened: readonly string[];
  /** What the tool does to the world; undefined when it was not declared. */
  readonly effect: Effect | undefined;
  /** `external`: its results come from outside and are not to be trusted. */
  readonly origin: "external" | undefined;
  /** It reads secrets. */
  readonly private: boolean;
  /** Milliseconds one call may take. */
  readonly timeoutMs: number;
  /** UTF-8 bytes of a result the model is shown at most. */
  readonly maxOutputBytes: number;
  /** UTF-8 bytes of a result that the record holds itself. */
  readonly maxStoredBytes: number;
  readonly concurrency: Concurrency;
  /** The run ends after this tool's result. */
  readonly endsRun: boolean;
  /** Where a failing handler goes: to the model as a result it can mend, or to the caller as the end of the run. */
  readonly onError: "model" | "fail";
  /** Checks arguments against the whole schema, weakened constraints included. Never throws and never rejects. */
  readonly check: (input: unknown) => InputVerdict | Promise<InputVerdict>;
  /**
   * Runs the handler on what `check` returned, checks the output, and gives it as JSON with the model's view of it.
   * Throws, or rejects with, what the handler threw, or `tool_failed` when it ran and its result cannot be used.
   */
  readonly execute: (value: unknown, tool: ToolContext<Context>) => ToolOutput | Promise<ToolOutput>;
  /** What is left of an old result when the conversation is compacted, made from the output as the record holds it: see `summaryOf`. */
  readonly summary: ((output: unknown) => string) | undefined;
  /**
   * Whether a person must agree before the handler runs on what `check` returned. Rejects with `tool_failed`, saying that the
   * tool was not run, when its `approval` function threw or gave back neither true nor false.
   */
  readonly needsApproval: (value: unknown, info: ApprovalInfo<Context>) => boolean | Promise<boolean>;
  /** Milliseconds after which an unanswered request counts as denied; undefined: never. */
  readonly approvalTimeoutMs: number | undefined;
  /**
   * Finds out whether a call of unknown outcome happened; its output is checked and encoded as that of `execute`. Undefined where the
   * tool has none. Rejects with what it threw, or with `tool_failed` when its answer cannot be used: the outcome stays unknown.
   */
  readonly reconcile: ((value: unknown, tool: ToolContext<Context>) => Promise<ReconciledCall>) | undefined;
  /**
   * Narrows an event to this tool's: `tool.input` with arguments that fit, `tool.executing`, and `tool.completed`
   * with outcome `ok` whose output the record holds (one that is too large for it stands beside it, as `outputArtifact`).
   */
  is(event: { readonly type: string }): event is ToolEvent<Input, Output>;
}

/** What a handler returned, as JSON, and what the model is shown of it. */
export interface ToolOutput {
  /** Absent with `spilled`. */
  output?: unknown;
  /** The output as bytes, because it is larger than the tool's `maxStoredBytes`. */
  spilled?: Spilled;
  /** What the model is shown, as yet uncut; absent where that is the output itself. */
  content?: string | readonly ContentPart[];
}

/**
 * What a tool found out about a call whose outcome is not known: it happened, with what the handler would have returned; it did not,
 * so that it may be run; undefined when that cannot be told.
 */
export type Reconciled<Output> = { happened: true; output: Output } | { happened: false } | undefined;

/** The same with the output as the record holds it and the model is shown it. */
export type ReconciledCall = ({ happened: true } & ToolOutput) | { happened: false } | undefined;

/** Any tool, whatever it needs and returns. `never` makes the context accept all. */
export type AnyTool = Tool<never, unknown, unknown>;

/** What an agent's list of tools may hold. */
export type AgentTool = AnyTool | ServerTool;

/** The context that every one of these tools can work with: the intersection of what they ask for. */
export type ContextOf<Tools extends readonly AgentTool[]> = [Tools[number]] extends [never]
  ? unknown
  : (Tools[number] extends infer T ? (T extends Tool<infer C> ? (context: C) => void : never) : never) extends (
        context: infer All,
      ) => void
    ? // A list whose tools are known as `AnyTool` alone no longer says what they need: nothing can be asked for.
      [All] extends [never]
      ? unknown
      : All
    : unknown;

/** The events `tool.is` narrows to. */
export type ToolEvent<Input, Output> =
  | (ToolInputEvent & { readonly call: FunctionCall & { readonly input: Input } })
  | ToolExecutingEvent
  | (ToolCompletedEvent & { readonly outcome: "ok"; readonly output: Stored<Output> });

/**
 * A value as the record holds it: dates and big integers are strings, sets are lists, bytes are base64, functions are
 * left out, nothing is `null`.
 */
export type Stored<T> = T extends string | number | boolean | null
  ? T
  : // biome-ignore lint/suspicious/noConfusingVoidType: handlers that return nothing are typed void
    T extends undefined | void
    ? null
    : T extends bigint | Date | RegExp | Uint8Array | ArrayBuffer
      ? string
      : T extends { toJSON(): infer Json }
        ? Json
        : T extends ReadonlyMap<infer K, infer V>
          ? [K] extends [string]
            ? { [key: string]: Stored<V> }
            : [Stored<K>, Stored<V>][]
          : T extends ReadonlySet<infer V>
            ? Stored<V>[]
            : T extends readonly unknown[]
              ? { [K in keyof T]: Stored<T[K]> }
              : T extends object
                ? { [K in keyof T as T[K] extends (...args: never) => unknown ? never : K]: StoredProperty<T[K]> }
                : T;

/** A property that is undefined is left out; in a list it is null. */
type StoredProperty<T> = undefined extends T ? Stored<Exclude<T, undefined>> | undefined : Stored<T>;

/** How a call ended, ready for its `tool.completed`. */
export interface ToolAnswer {
  outcome: Outcome;
  /** What the handler returned, as JSON. Only with outcome `ok`, and without `spilled`. */
  output?: unknown;
  /** The same as bytes, to be kept beside the record. */
  spilled?: Spilled;
  /** What the model is told, or shown. Never empty. */
  content: string | readonly ContentPart[];
  /** The whole error, for people; may hold what the model must not see. Absent with outcome `ok`. */
  error?: ErrorInfo;
  /** Milliseconds the handler ran; absent when it did not run. */
  durationMs?: number;
}
