import { AgentError } from "../errors.ts";

/**
 * Names of xAI's own tools and of the functions inside them: a function of the same name is rejected as a duplicate, or
 * cannot be told from a call that xAI made.
 * @see xAI's OpenAPI `ModelTool`, and docs developers/tools/tool-usage-details, as of 2026-11-20
 */
export const reservedToolNames: ReadonlySet<string> = new Set([
  "attachment_search",
  "browse_page",
  "code_execution",
  "code_interpreter",
  "collections_search",
  "file_search",
  "image_generation",
  "live_search",
  "mcp",
  "open_page",
  "open_page_with_find",
  "search_images",
  "shell",
  "tool_search",
  "view_image",
  "view_x_video",
  "web_search",
  "web_search_preview",
  "web_search_with_snippets",
  "x_keyword_search",
  "x_search",
  "x_semantic_search",
  "x_thread_fetch",
  "x_user_search",
]);

/**
 * Checks the name of a function tool: 1 to 64 letters, digits, `_` and `-`, beginning with a letter or `_`, and none
 * of xAI's own.
 * @throws {AgentError} `invalid_tool`.
 */
export function checkToolName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "") {
    throw new AgentError("invalid_tool", 'A tool has no name. Give it one, such as name: "get_weather".');
  }
  if (reservedToolNames.has(name)) {
    const message = `Tool ${name} has the name of one of xAI's own tools. Rename it, for example to my_${name}.`;
    throw new AgentError("invalid_tool", message);
  }
  if (/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name)) return;
  const rule = "1 to 64 letters, digits, _ and -, beginning with a letter or _";
  throw new AgentError("invalid_tool", `${JSON.stringify(name.slice(0, 80))} is no name for a tool: it takes ${rule}.`);
}

/** The candidate a mistyped name most likely means, or undefined when none is near. Case and `_`, `-` count little. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const plainName = plain(name);
    const plainCandidate = plain(candidate);
    const limit = Math.max(1, Math.floor(Math.max(plainName.length, plainCandidate.length) / 3));
    const distance = editDistance(plainName, plainCandidate, limit);
    if (distance > limit || distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

/** At most 64 characters: a model can ask for a name of any length. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "");
}

/** Levenshtein distance; anything above `limit` when the lengths alone exceed it. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
