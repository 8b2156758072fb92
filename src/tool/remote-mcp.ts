import { reservedToolNames } from "./names.ts";
import { publicHostProblem } from "./public-host.ts";
import { createReader, type GivenOptions, type OptionNames, readOptions, refusal, settled } from "./server-options.ts";
import type { RemoteMcpOptions, RemoteMcpTool } from "./server-tool.ts";

const NAMES: OptionNames = {
  maker: "remoteMcp",
  options: ["url", "label", "description", "allowedTools", "deferLoading", "authorization", "headers"],
  habits: {
    server_url: "url",
    serverUrl: "url",
    serverURL: "url",
    server_label: "label",
    serverLabel: "label",
    name: "label",
    server_description: "description",
    serverDescription: "description",
    allowed_tools: "allowedTools",
    allowedToolNames: "allowedTools",
    allowed_tool_names: "allowedTools",
    tools: "allowedTools",
    defer_loading: "deferLoading",
    extra_headers: "headers",
    extraHeaders: "headers",
    apiKey: 'Write authorization: "Bearer …"',
    token: 'Write authorization: "Bearer …"',
    require_approval: "xAI calls the server by itself, so nobody can be asked. Name what may be called in allowedTools",
    requireApproval: "xAI calls the server by itself, so nobody can be asked. Name what may be called in allowedTools",
    connector_id: "xAI has no connectors. Write url",
    command: "xAI reaches servers by address only: one that runs here is no remote server. Write url",
    type: "Write remoteMcp({ url, label })",
  },
};

const MAX_TOOLS = 350;

type Secrets = Pick<RemoteMcpOptions, "authorization" | "headers">;

/**
 * The tools of an MCP server that xAI calls by itself (streamable HTTP or SSE). A tool of the Responses API. Each
 * server is a tool of its own, named by its label.
 * @throws {AgentError} `invalid_tool` naming the option and what to write; never what a header holds.
 */
export function remoteMcp(options: RemoteMcpOptions): RemoteMcpTool {
  const given = readOptions(options, NAMES);
  const read = createReader(NAMES.maker, given);
  const [url, label] = [readUrl(given.url), readLabel(given.label)];
  const secrets = readSecrets(given);
  const checked = settled<RemoteMcpTool["options"]>({
    url,
    label,
    description: read.text("description"),
    allowedTools: read.list("allowedTools", MAX_TOOLS, readToolName),
    deferLoading: read.flag("deferLoading"),
  });
  const tool = { executor: "server", kind: "mcp", name: label, options: checked, secrets: () => secrets } as const;
  const advice = adviceOn(url);
  return Object.freeze(advice === undefined ? tool : { ...tool, advice: Object.freeze([advice]) });
}

function readUrl(value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") {
    throw refusal(NAMES.maker, 'has no url. Say where the server is: { url: "https://example.com/mcp" }');
  }
  if (!URL.canParse(value))
    throw refusal(NAMES.maker, "has a url that is no address. Write one that begins with https://");
  const url = new URL(value);
  if (url.username !== "" || url.password !== "") {
    throw refusal(NAMES.maker, 'has a user or password in its url, which is shown. Write authorization: "Basic …"');
  }
  if (url.protocol !== "https:") {
    throw refusal(
      NAMES.maker,
      `has a url of ${url.protocol}//, and keys and results would travel in the clear. Write https://`,
    );
  }
  const problem = publicHostProblem(url.hostname);
  if (problem === undefined) return url.href;
  throw refusal(
    NAMES.maker,
    `has a url at ${url.hostname}, ${problem}. xAI calls the server from outside: give it a public address`,
  );
}

function readLabel(value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw refusal(NAMES.maker, 'has no label. Its calls are named by it: { label: "orders" }');
  }
  const shown = JSON.stringify(value.slice(0, 80));
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(value)) {
    throw refusal(NAMES.maker, `has label ${shown}. It takes 1 to 64 letters, digits, _ and -`);
  }
  if (!reservedToolNames.has(value)) return value;
  throw refusal(
    NAMES.maker,
    `has label ${shown}, the name of one of xAI's own tools. Rename it, for example to my_${value}`,
  );
}

function readToolName(text: string, place: string): string {
  if (text.trim() !== "") return text;
  throw refusal(NAMES.maker, `has an empty ${place}. It takes the name of a tool of the server`);
}

/** What is wrong is said by name: a value may be a key. */
function readSecrets({ authorization, headers }: GivenOptions): Secrets {
  if (authorization !== undefined && !isHeaderValue(authorization)) {
    throw refusal(NAMES.maker, 'has an authorization that is no header value. It takes one line, such as "Bearer …"');
  }
  const checked = readHeaders(headers);
  const names = Object.keys(checked ?? {});
  if (authorization !== undefined && names.some((name) => name.toLowerCase() === "authorization")) {
    throw refusal(NAMES.maker, "has both authorization and an authorization header. Leave one out");
  }
  return settled<Secrets>({ authorization, headers: checked });
}

function readHeaders(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal(NAMES.maker, 'has headers that are no object. Write { "x-team": "…" }');
  }
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw refusal(NAMES.maker, `has a header ${JSON.stringify(name.slice(0, 80))}, which is no name for one`);
    }
    if (!isHeaderValue(text)) throw refusal(NAMES.maker, `has a header ${name} that holds no text of one line`);
    headers[name] = text;
  }
  return Object.freeze(headers);
}

function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && !/[\r\n\0]/.test(value);
}

function adviceOn(url: string): string | undefined {
  const named = [...new URL(url).searchParams.keys()].find((name) => /key|token|secret|auth|passw|sig/i.test(name));
  if (named === undefined) return undefined;
  return `remoteMcp has ${named} in its url, which is shown wherever the tool is: send it as authorization or in headers.`;
}
