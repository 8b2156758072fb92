import { createHash } from "node:crypto";
import type { TransportRequest } from "../wire/index.ts";
import type { RecordedBody, RecordedPart, RecordedRequest } from "./exchange.ts";
import { MARK, type Mask } from "./mask.ts";

/** A request as it would be recorded, and the secrets that came with it. */
export interface ReadRequest {
  /** Not masked yet, but for the fields of JSON whose purpose is to hold a secret. */
  request: RecordedRequest;
  secrets: readonly string[];
}

/** Reads a request before it is sent: its body may change afterwards. */
export async function readRequest(sent: TransportRequest): Promise<ReadRequest> {
  const { pathname, search } = new URL(sent.url);
  const body = sent.body === undefined ? undefined : await readBody(sent.body, sent.headers["content-type"]);
  const found = secretsInHeaders(sent.headers, LEAST_HEADER);
  const request = { method: sent.method, path: pathname + search, headers: shown(sent.headers) };
  if (body === undefined) return { request, secrets: found };
  if (body.type !== "json") return { request: { ...request, body }, secrets: found };
  const json = withoutCredentials(body.json, found);
  return { request: { ...request, body: { type: "json", json } }, secrets: found };
}

/** The same with secrets taken out wherever they stand. */
export function maskRequest({ method, path, headers, body }: RecordedRequest, mask: Mask): RecordedRequest {
  const masked: RecordedRequest = { method, path: mask.text(path), headers: textsOf(mask.json(headers)) };
  if (body === undefined) return masked;
  if (body.type === "json") return { ...masked, body: { type: "json", json: mask.json(body.json) } };
  if (body.type === "bytes") return { ...masked, body };
  const parts = body.parts.map((part) => ("value" in part ? { ...part, value: mask.text(part.value) } : part));
  return { ...masked, body: { type: "form", parts } };
}

function textsOf(masked: unknown): Record<string, string> {
  return masked as Record<string, string>; // masking changes texts only, and headers are nothing else
}

/** Headers that are recorded. What is not named here never is. */
const SHOWN = ["accept", "content-type", "anthropic-version", "anthropic-beta"];

/** Headers that hold no secret beside those: what they hold may stand in a body. */
const HARMLESS = new Set([...SHOWN, "content-length", "user-agent", "x-client-request-id", "x-grok-conv-id"]);

function shown(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of SHOWN) {
    const value = headers[name];
    // The boundary of a form is another one in every run.
    if (value !== undefined) kept[name] = name === "content-type" ? mediaType(value) : value;
  }
  return kept;
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1).join("").trim().toLowerCase();
}

/** A shorter header value is no secret, and masking it would spoil texts that hold the same word. */
const LEAST_HEADER = 8;

/** The same for what is named a credential. */
const LEAST_CREDENTIAL = 4;

function secretsInHeaders(headers: Readonly<Record<string, unknown>>, least: number): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    HARMLESS.has(name.toLowerCase()) || typeof value !== "string" ? [] : secretsInValue(value, least),
  );
}

/** The simulator's own key is no secret, and its answers have it as their `system_fingerprint`: masking it would change them. */
const PUBLIC_KEY = "sim_fairwitness";

/** Of `Bearer abc` also the part behind the scheme: servers echo that alone. */
function secretsInValue(value: string, least: number): string[] {
  const token = /^[\w-]+\s+(\S+)$/.exec(value)?.[1];
  if (token === PUBLIC_KEY || value === PUBLIC_KEY) return [];
  return [value, ...(token === undefined ? [] : [token])].filter((secret) => secret.length >= least);
}

async function readBody(body: Uint8Array<ArrayBuffer>, contentType: string | undefined): Promise<RecordedBody> {
  const type = mediaType(contentType);
  if (type === "multipart/form-data") return (await readForm(body, contentType ?? "")) ?? hashed(body);
  if (type !== "" && type !== "application/json" && !type.endsWith("+json")) return hashed(body);
  try {
    return { type: "json", json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) };
  } catch {
    return hashed(body); // said to be JSON, and is not: sent all the same
  }
}

function hashed(body: Uint8Array): RecordedBody {
  return { type: "bytes", bytes: body.byteLength, sha256: sha256(body) };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The parts of a form in their order, as the platform reads them; undefined when it cannot. */
async function readForm(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<RecordedBody | undefined> {
  try {
    const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
    return { type: "form", parts: await Promise.all([...form].map(([name, value]) => readPart(name, value))) };
  } catch {
    return undefined;
  }
}

async function readPart(name: string, value: string | File): Promise<RecordedPart> {
  if (typeof value === "string") return { name, value };
  const bytes = new Uint8Array(await value.arrayBuffer());
  return { name, filename: value.name, contentType: value.type, bytes: bytes.byteLength, sha256: sha256(bytes) };
}

/** Fields that hold the key of an MCP server, in the tools of the Responses API and in `mcp_servers` of the Messages API. */
const CREDENTIALS = new Set(["authorization", "authorization_token"]);

/** A body whose tools no longer hold their keys, which are added to `found`. */
function withoutCredentials(json: unknown, found: string[]): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const entries = Object.entries(json).map(([name, value]: [string, unknown]) => {
    const isList = (name === "tools" || name === "mcp_servers") && Array.isArray(value);
    return [name, isList ? value.map((item) => withoutKeys(item, found)) : value];
  });
  return Object.fromEntries(entries);
}

function withoutKeys(tool: unknown, found: string[]): unknown {
  if (typeof tool !== "object" || tool === null) return tool;
  const entries = Object.entries(tool).map(([name, value]: [string, unknown]) => {
    if (CREDENTIALS.has(name) && typeof value === "string") {
      found.push(...secretsInValue(value, LEAST_CREDENTIAL));
      return [name, MARK];
    }
    if (name !== "headers" || typeof value !== "object" || value === null) return [name, value];
    found.push(...secretsInHeaders({ ...value }, LEAST_CREDENTIAL));
    return [name, Object.fromEntries(Object.keys(value).map((header) => [header, MARK]))];
  });
  return Object.fromEntries(entries);
}
