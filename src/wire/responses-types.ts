import type { ResponsesOutputItem, ResponsesStatus } from "./responses-items.ts";

/**
 * A whole answer: it exists only when its terminal event was read. Fields that are not written here are kept as they came.
 * @see OpenAPI "xAI's REST API" 1.0.0 (xai-org/xai-sdk-ts, spec/openapi.json, commit 41e766ac), read 2026-11-20
 */
export interface ResponsesResponse {
  /** `""` when the server did not say. */
  id: string;
  object: "response";
  /** Seconds since the epoch. Absent when the server did not say. */
  created_at?: number;
  /** Seconds since the epoch. */
  completed_at?: number;
  /** The model that answered: may differ from the one asked for. `""` when the server did not say. */
  model: string;
  /** `completed` also when it ends with function calls: tool turns are told by their items. */
  status: ResponsesStatus;
  output: readonly ResponsesOutputItem[];
  usage?: ResponsesUsage;
  /** Why the answer is `incomplete`. */
  incomplete_details?: ResponsesIncompleteDetails;
  service_tier?: string;
  previous_response_id?: string;
  metadata?: ResponsesMetadata;
  /** `x-request-id` of the answer, for support. Not part of xAI's body. */
  request_id?: string;
  /** True when the answer says it was simulated. Not part of xAI's body. */
  simulated?: true;
}

export interface ResponsesIncompleteDetails {
  /** xAI sends `max_output_tokens`, `max_prompt_tokens`, `max_time_limit`; others are passed on as they are. */
  reason?: "max_output_tokens" | "max_prompt_tokens" | "max_time_limit" | "content_filter" | (string & {});
}

export interface ResponsesMetadata {
  system_fingerprint?: string;
}

/**
 * Tokens as the server counted them, summed over every turn it took by itself. `output_tokens` includes reasoning; a server
 * that leaves it out is told by `total_tokens`. A count that is not a number is absent, never 0.
 */
export interface ResponsesUsage {
  input_tokens?: number;
  /** `cached_tokens` is part of `input_tokens`. */
  input_tokens_details?: { cached_tokens?: number };
  output_tokens?: number;
  output_tokens_details?: { reasoning_tokens?: number };
  total_tokens?: number;
  num_sources_used?: number;
  /** Calls that ran, billed or not. */
  num_server_side_tools_used?: number;
  /** What is billed, by the wire's names: `web_search_calls`, `x_posts_fetched` and so on, also those we do not know. */
  server_side_tool_usage_details?: Readonly<Record<string, number>>;
  /** The model's context at the end, for decisions on its size; the totals are for billing. */
  context_details?: { input_tokens?: number; output_tokens?: number };
  /** 1 USD = 10^10 ticks. 0 from xAI means "not reported", and is left out here. */
  cost_in_usd_ticks?: number;
  /** 1 USD = 10^9. 0 is left out as well. */
  cost_in_nano_usd?: number;
}
