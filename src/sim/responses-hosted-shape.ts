import { type Check, flag, integer, listOf, map, oneOf, optional, struct, text } from "./serde.ts";

const texts = optional(listOf(text));
const flags = (...names: readonly string[]): Readonly<Record<string, Check>> =>
  Object.fromEntries(names.map((name) => [name, optional(flag)]));

const webSearch = struct(
  {
    allowed_domains: texts,
    excluded_domains: texts,
    filters: optional(struct({ allowed_domains: texts, excluded_domains: texts }, [])),
    user_location: optional(map),
    search_context_size: optional(oneOf("low", "medium", "high")),
    ...flags("enable_image_understanding", "enable_image_search", "external_web_access"),
  },
  [],
);

const xSearch = struct(
  {
    allowed_x_handles: texts,
    excluded_x_handles: texts,
    from_date: optional(text),
    to_date: optional(text),
    ...flags("enable_image_understanding", "enable_video_understanding"),
  },
  [],
);

const mcp = struct(
  {
    server_url: text,
    server_label: text,
    server_description: optional(text),
    allowed_tools: texts,
    authorization: optional(text),
    headers: optional(map),
    defer_loading: optional(flag),
  },
  ["server_url", "server_label"],
);

/** The tools the server runs, by their wire names, and what each takes (OpenAPI `ModelTool`, xai-wire 2.3). */
export const HOSTED_TOOLS: Readonly<Record<string, Check>> = {
  web_search: webSearch,
  x_search: xSearch,
  code_interpreter: struct({}, []),
  /** The name of the SDKs, which the docs list beside the other. */
  code_execution: struct({}, []),
  file_search: struct({ vector_store_ids: listOf(text), max_num_results: optional(integer) }, ["vector_store_ids"]),
  mcp,
  image_generation: struct({ action: optional(oneOf("auto", "generate", "edit")) }, []),
  tool_search: struct({ execution: optional(oneOf("server")) }, []),
  shell: struct({ environment: optional(map) }, []),
};
