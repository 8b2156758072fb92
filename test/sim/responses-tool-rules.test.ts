import { expect, test } from "vitest";
import { ask, flatTool, respond, withSimulator } from "./support.ts";

const f = flatTool("f", {});
const tools = (...list: unknown[]): Record<string, unknown> => ask({ tools: list });
const many = (count: number, make: (n: number) => string): string[] => Array.from({ length: count }, (_, n) => make(n));

const NO_CHOICE = "data did not match any variant of untagged enum ModelToolChoice";

/** What is sent, the status, and a part of the error text. */
const refusals: readonly (readonly [name: string, body: unknown, status: number, error: string])[] = [
  [
    "an unknown tool",
    tools({ type: "view_image" }),
    422,
    "tools[0].type: unknown variant `view_image`, expected one of `function`, `web_search`",
  ],
  [
    "a function in the form of chat",
    tools({ type: "function", function: { name: "f", parameters: {} } }),
    422,
    "tools[0]: missing field `name`",
  ],
  ["a function without parameters", tools({ type: "function", name: "f" }), 422, "missing field `parameters`"],
  [
    "a schema that chat refuses",
    tools({ ...f, parameters: { type: "object", properties: { a: { enum: [] } } } }),
    400,
    "enum must not be empty",
  ],
  [
    "a chosen hosted tool",
    ask({ tools: [{ type: "web_search" }], tool_choice: { type: "web_search" } }),
    422,
    NO_CHOICE,
  ],
  [
    "a choice in the form of chat",
    ask({ tools: [f], tool_choice: { type: "function", function: { name: "f" } } }),
    422,
    NO_CHOICE,
  ],
  ["a choice without tools", ask({ tool_choice: "required" }), 400, "no tools were specified"],
  ["a choice of no tool", ask({ tools: [f], tool_choice: { type: "function", name: "g" } }), 400, 'names function "g"'],
  ["a hosted tool twice", tools({ type: "x_search" }, { type: "x_search" }), 400, "Duplicate tool names: x_search"],
  [
    "code execution by both names",
    tools({ type: "code_interpreter" }, { type: "code_execution" }),
    400,
    "Duplicate tool names",
  ],
  [
    "a function named like a hosted tool",
    tools({ type: "web_search" }, flatTool("web_search", {})),
    400,
    "Duplicate tool names: web_search",
  ],
  ["an MCP server without address", tools({ type: "mcp", server_label: "a" }), 422, "missing field `server_url`"],
  [
    "an MCP server without label",
    tools({ type: "mcp", server_url: "https://a.invalid" }),
    422,
    "missing field `server_label`",
  ],
  [
    "an MCP server that asks for approval",
    tools({ type: "mcp", server_label: "a", server_url: "https://a.invalid", require_approval: "never" }),
    400,
    "Argument not supported: require_approval",
  ],
  [
    "two MCP servers of one label",
    tools(...["b", "c"].map((host) => ({ type: "mcp", server_label: "a", server_url: `https://${host}.invalid` }))),
    400,
    "Duplicate tool names: a",
  ],
  [
    "allowed and excluded domains",
    tools({ type: "web_search", allowed_domains: ["a.com"], excluded_domains: ["b.com"] }),
    400,
    "cannot be set together",
  ],
  [
    "six domains",
    tools({ type: "web_search", filters: { allowed_domains: many(6, (n) => `a${n}.com`) } }),
    400,
    "at most 5",
  ],
  [
    "a domain with a protocol",
    tools({ type: "web_search", allowed_domains: ["https://a.com"] }),
    400,
    '"https://a.com" is not a domain',
  ],
  [
    "external web access",
    tools({ type: "web_search", external_web_access: true }),
    400,
    "Argument not supported: external_web_access",
  ],
  ["21 handles", tools({ type: "x_search", allowed_x_handles: many(21, (n) => `h${n}`) }), 400, "at most 20"],
  [
    "allowed and excluded handles",
    tools({ type: "x_search", allowed_x_handles: ["a"], excluded_x_handles: ["b"] }),
    400,
    "cannot be set together",
  ],
  [
    "a date without zeros",
    tools({ type: "x_search", from_date: "2026-1-5" }),
    400,
    "not a date of the form YYYY-MM-DD",
  ],
  ["a date that does not exist", tools({ type: "x_search", to_date: "2026-02-30" }), 400, "not a date"],
  [
    "dates in the wrong order",
    tools({ type: "x_search", from_date: "2026-02-02", to_date: "2026-02-01" }),
    400,
    "from_date must not be after",
  ],
  ["no collections", tools({ type: "file_search" }), 422, "missing field `vector_store_ids`"],
  ["eleven collections", tools({ type: "file_search", vector_store_ids: many(11, (n) => `c${n}`) }), 400, "1 to 10"],
  [
    "ranking options",
    tools({ type: "file_search", vector_store_ids: ["c"], ranking_options: {} }),
    400,
    "Argument not supported: ranking_options",
  ],
  [
    "a container",
    tools({ type: "code_interpreter", container: { type: "auto" } }),
    400,
    "Argument not supported: container",
  ],
  ["an unknown image action", tools({ type: "image_generation", action: "draw" }), 422, "unknown variant `draw`"],
];

test.each(refusals)("%s is refused", async (_name, body, status, error) => {
  await withSimulator({}, async (simulator) => {
    const reply = await respond(simulator, body);
    expect([reply.status, reply.json.error]).toEqual([status, expect.stringContaining(error)]);
    expect(reply.json.code).toBe(status === 422 ? undefined : "invalid-argument");
  });
});
