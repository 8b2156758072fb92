import { readJson, throwFault } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { sendRequest } from "./http.ts";
import { compact, isObject, readCount, readString } from "./json.ts";
import { isKnownItem, readItem } from "./responses-item-kinds.ts";
import type { ResponsesOutputItem } from "./responses-items.ts";
import type { ResponsesInputItem } from "./responses-request.ts";
import type { ResponsesUsage } from "./responses-types.ts";
import { decodeResponsesUsage } from "./responses-usage.ts";
import { malformedResponse } from "./responses-whole.ts";

/**
 * Body of `POST /v1/responses/compact`: it takes nothing else. The conversation must still fit into the model's context.
 * @see https://docs.x.ai/developers/advanced-api-usage/context-compaction, read 2026-11-20; xai-org/xai-sdk-ts, `CompactParams`
 */
export interface ResponsesCompactRequest {
  /** Who makes it short. A smaller model than the one that goes on with it will do. */
  model: string;
  /** The conversation, one that was made short before included; a text is one message of the user. */
  input: string | readonly ResponsesInputItem[];
}

/** A conversation in short. Fields that are not written here are left out. */
export interface ResponsesCompacted {
  /** `cmp_…`; `""` when the server did not say. */
  id: string;
  object: "response.compaction";
  /** Seconds since the epoch. */
  created_at?: number;
  /** `""` when the server did not say. */
  model: string;
  /**
   * What begins the next input in place of all that was given, system messages included: whole, unchanged and first. What it
   * holds is encrypted.
   */
  output: readonly ResponsesOutputItem[];
  usage?: ResponsesCompactUsage;
  /** `x-request-id` of the answer, for support. Not part of xAI's body. */
  request_id?: string;
  /** True when the answer says it was simulated. Not part of xAI's body. */
  simulated?: true;
}

/** `input_tokens`: what the conversation had; `output_tokens`: what was written for the short form. */
export interface ResponsesCompactUsage extends ResponsesUsage {
  /** Messages that went into the short form. */
  dropped_message_count?: number;
}

export interface CompactResponsesOptions {
  signal: AbortSignal;
  /** The same in every attempt: sent as `x-client-request-id`. */
  requestId?: string;
  /** Further headers. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * One attempt at `POST /responses/compact`. It is not streamed: a model works in silence meanwhile.
 * @param body A `ResponsesCompactRequest` as JSON.
 * @throws {AgentError} as `sendRequest` does; `malformed_event` (retryable) for an answer without a compaction.
 */
export async function compactResponses(
  endpoint: Endpoint,
  body: Uint8Array<ArrayBuffer>,
  options: CompactResponsesOptions,
): Promise<ResponsesCompacted> {
  const answer = await sendRequest(endpoint, {
    method: "POST",
    path: "/responses/compact",
    accept: "application/json",
    patient: true,
    body,
    ...options,
  });
  const json = await readJson(answer);
  throwFault(answer, json);
  const isSimulated = answer.facts.header("x-fairwitness-simulated") !== undefined;
  return {
    ...decodeCompacted(json),
    ...(answer.requestId === undefined ? {} : { request_id: answer.requestId }),
    ...(isSimulated ? { simulated: true } : {}),
  };
}

/** @throws {AgentError} `malformed_event` (retryable) */
function decodeCompacted(json: unknown): ResponsesCompacted {
  if (!isObject(json) || !Array.isArray(json.output)) throw malformedResponse("a compaction has no list of output");
  return {
    id: readString(json.id) ?? "",
    object: "response.compaction",
    model: readString(json.model) ?? "",
    output: readOutput(json.output),
    ...compact<Pick<ResponsesCompacted, "created_at" | "usage">>({
      created_at: readCount(json.created_at),
      usage: readUsage(json.usage),
    }),
  };
}

/** Without its encrypted content a compaction would stand for nothing, and the conversation would be lost. */
function readOutput(output: readonly unknown[]): readonly ResponsesOutputItem[] {
  const items = output.map(readItem).filter((item) => item !== undefined);
  if (items.length < output.length) throw malformedResponse("an item of the output has no type");
  if (!items.some(isCompaction)) throw malformedResponse("the output holds no compaction");
  return items;
}

function isCompaction(item: ResponsesOutputItem): boolean {
  return isKnownItem(item) && item.type === "compaction" && item.encrypted_content !== "";
}

function readUsage(json: unknown): ResponsesCompactUsage | undefined {
  const usage = decodeResponsesUsage(json);
  const dropped = isObject(json) ? readCount(json.dropped_message_count) : undefined;
  return dropped === undefined ? usage : { ...usage, dropped_message_count: dropped };
}
