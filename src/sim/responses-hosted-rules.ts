import { invalid, isRecord, type SimHostedTool, type SimRefusal, type SimRequest } from "./request.ts";

const MAX_DOMAINS = 5;
/** Docs and the TypeScript SDK say 20, OpenAPI says 10: newer servers take 20 (xai-wire 9, row 10). */
const MAX_HANDLES = 20;
const MAX_COLLECTIONS = 10;

/** Parameters that are known and not taken (xai-wire 2.3). */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  web_search: ["external_web_access"],
  code_interpreter: ["container"],
  code_execution: ["container"],
  file_search: ["filters", "ranking_options"],
  mcp: ["require_approval", "connector_id"],
};

/** Why xAI would refuse the server tools of a request (xai-wire 2.3). Where only the fact is known, the words are ours. */
export function hostedRefusal(request: SimRequest): SimRefusal | undefined {
  const hosted = request.hosted ?? [];
  const functions = (request.tools ?? []).flatMap((tool) => (tool.function === undefined ? [] : [tool.function.name]));
  const names = [...hosted.flatMap(namesOf), ...functions];
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  if (twice.length > 0) return invalid(`Duplicate tool names: ${twice.join(", ")}`);
  for (const tool of hosted) {
    const reason = toolReason(tool);
    if (reason !== undefined) return invalid(`Invalid arguments passed to the model: tool ${tool.type}: ${reason}`);
  }
  return undefined;
}

/** The names a hosted tool takes up; a remote server's label is one. */
function namesOf(tool: SimHostedTool): readonly string[] {
  if (tool.type === "mcp") return [String(tool.server_label)];
  if (tool.type === "code_interpreter" || tool.type === "code_execution") return ["code_execution", "code_interpreter"];
  return [tool.type];
}

function toolReason(tool: SimHostedTool): string | undefined {
  const refused = (REFUSED[tool.type] ?? []).find((name) => tool[name] !== undefined && tool[name] !== null);
  if (refused !== undefined) return `Argument not supported: ${refused}`;
  if (tool.type === "web_search")
    return domainsReason(tool) ?? domainsReason(isRecord(tool.filters) ? tool.filters : {});
  if (tool.type === "x_search") return handlesReason(tool) ?? datesReason(tool);
  if (tool.type === "file_search") return collectionsReason(tool);
  return tool.type === "mcp" ? mcpReason(tool) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** A list that is null counts as absent. */
function listAt(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

function pairReason(fields: Fields, [one, other]: readonly [string, string], max: number): string | undefined {
  if (listAt(fields, one) !== undefined && listAt(fields, other) !== undefined)
    return `${one} and ${other} cannot be set together`;
  const long = [one, other].find((name) => (listAt(fields, name) ?? []).length > max);
  return long === undefined ? undefined : `${long} must have at most ${max} entries`;
}

function domainsReason(fields: Fields): string | undefined {
  const pair = ["allowed_domains", "excluded_domains"] as const;
  const bad = pair
    .flatMap((name) => listAt(fields, name) ?? [])
    .find((domain) => /[\s/:?#@]/.test(domain) || !domain.slice(1, -1).includes("."));
  return (
    pairReason(fields, pair, MAX_DOMAINS) ??
    (bad === undefined ? undefined : `"${bad}" is not a domain; leave out protocol and path`)
  );
}

function handlesReason(fields: Fields): string | undefined {
  return pairReason(fields, ["allowed_x_handles", "excluded_x_handles"], MAX_HANDLES);
}

function datesReason({ from_date: from, to_date: to }: Fields): string | undefined {
  const bad = [from, to].find((day) => typeof day === "string" && !isDay(day));
  if (bad !== undefined) return `"${bad}" is not a date of the form YYYY-MM-DD`;
  const isTurned = typeof from === "string" && typeof to === "string" && from > to;
  return isTurned ? "from_date must not be after to_date" : undefined;
}

/** Zero-padded, and a day there is. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function collectionsReason(tool: SimHostedTool): string | undefined {
  const count = (listAt(tool, "vector_store_ids") ?? []).length;
  if (count < 1 || count > MAX_COLLECTIONS) return `vector_store_ids must have 1 to ${MAX_COLLECTIONS} entries`;
  return Number(tool.max_num_results) < 1 ? "max_num_results must be at least 1" : undefined;
}

function mcpReason({ server_url: url }: SimHostedTool): string | undefined {
  return /^https?:\/\/\S+$/.test(String(url)) ? undefined : "server_url must be an http or https address";
}
