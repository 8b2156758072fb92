import type { IncomingHttpHeaders } from "node:http";
import { isMessagesPath, type SimProfile } from "./profile.ts";
import type { SimRefusal } from "./request.ts";

/** What a request must present before its body is looked at. */
export interface Gate {
  readonly apiKey: string;
  readonly maxBodyBytes: number;
  readonly profile: SimProfile;
}

/** What a path and verb ask for: model output, or something that is looked up. */
export type Route =
  | { readonly name: "chat" }
  | { readonly name: "responses" }
  | { readonly name: "compact" }
  | { readonly name: "messages" }
  | FileRoute
  | LookupRoute;

/** Files: all of them, one, or the bytes of one. */
export type FileRoute = { readonly name: "files" } | { readonly name: "file" | "file-content"; readonly id: string };

export function isFileRoute(route: Route): route is FileRoute {
  return route.name === "files" || route.name === "file" || route.name === "file-content";
}

/** What is looked up, in a list or by its id. */
export type LookupRoute =
  | { readonly name: "models" }
  | { readonly name: "language-models" }
  | { readonly name: "model" | "language-model" | "response"; readonly id: string };

const VERBS: Readonly<Record<Route["name"], readonly string[]>> = {
  chat: ["POST"],
  responses: ["POST"],
  compact: ["POST"],
  messages: ["POST"],
  response: ["GET", "DELETE"],
  files: ["GET", "POST"],
  file: ["GET", "DELETE"],
  "file-content": ["GET"],
  models: ["GET"],
  model: ["GET"],
  "language-models": ["GET"],
  "language-model": ["GET"],
};

/** The route of a request, or 404 for an unknown path and 405 for a wrong verb. */
export function routeOf(method: string, url: string, { profile }: Pick<Gate, "profile">): Route | SimRefusal {
  const path = url.split("?")[0] ?? "";
  const found = pathRoute(path, profile);
  if (found === undefined) {
    return {
      status: 404,
      body: {
        error: `The simulator has no ${method} ${path}. It serves POST /v1/chat/completions, POST /v1/responses, POST /v1/responses/compact, POST /v1/messages, GET and DELETE /v1/responses/{id}, GET and POST /v1/files, GET and DELETE /v1/files/{id}, GET /v1/files/{id}/content, GET /v1/models[/{id}] and GET /v1/language-models[/{id}].`,
      },
    };
  }
  const verbs = VERBS[found.name];
  if (verbs.includes(method)) return found;
  return {
    status: 405,
    body: { error: `Method ${method} is not allowed for ${path}.` },
    headers: { allow: verbs.join(", ") },
  };
}

/** A proxy serves the Messages route under its root too: its guide gives the host alone as the base URL (S2). */
function pathRoute(path: string, profile: SimProfile): Route | undefined {
  if (path === "/v1/chat/completions") return { name: "chat" };
  if (path === "/v1/messages" || (profile === "proxy" && path === "/messages")) return { name: "messages" };
  if (path.startsWith("/v1/files")) return fileRoute(path);
  if (path === "/v1/responses/compact") return { name: "compact" };
  const [, folder, id] = /^\/v1\/(responses|models|language-models)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (folder === "responses") return id === undefined ? { name: folder } : { name: "response", id: decodePath(id) };
  if (folder === "models") return id === undefined ? { name: folder } : { name: "model", id: decodePath(id) };
  if (folder !== "language-models") return undefined;
  return id === undefined ? { name: folder } : { name: "language-model", id: decodePath(id) };
}

function fileRoute(path: string): FileRoute | undefined {
  if (path === "/v1/files") return { name: "files" };
  const [, id, content] = /^\/v1\/files\/([^/]+)(\/content)?$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  return { name: content === undefined ? "file" : "file-content", id: decodePath(id) };
}

/** A malformed escape is taken as it is: it names no model, so that it ends as 404 and not as a crash. */
function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Refuses a missing key with 401 and a wrong one with 400, as xAI does; a wrong one with 401, as proxies do; and any key
 * that looks real. A proxy takes `x-api-key` on every route. On xAI it is taken on `/v1/messages` alone: nobody has seen
 * that, but the clients of that protocol send nothing else (xai-wire 3, unverified).
 */
export function keyRefusal(headers: IncomingHttpHeaders, url: string, gate: Gate): SimRefusal | undefined {
  const bearer = /^Bearer\s+(\S.*)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  const apiKey = headers["x-api-key"];
  if (looksReal(bearer) || looksReal(apiKey)) return realKey;
  const takesApiKey = gate.profile === "proxy" || isMessagesPath(url);
  const given = [bearer, ...(takesApiKey ? [apiKey] : [])].filter((key) => key !== undefined);
  if (given.includes(gate.apiKey)) return undefined;
  if (given.length === 0)
    return { status: 401, body: { code: "unauthenticated:no-credentials", error: "No credentials presented." } };
  return gate.profile === "proxy" ? { ...wrongKey, status: 401 } : wrongKey;
}

const wrongKey: SimRefusal = {
  status: 400,
  body: {
    code: "invalid-argument",
    error: "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
  },
};

const realKey: SimRefusal = {
  status: 400,
  body: {
    code: "simulator:real-key",
    error: `This is the fairwitness simulator, not xAI, and a real key must not be sent to it. Send the simulator's own key, which starts with "sim_".`,
  },
};

/** xAI's keys start with `xai-` (xai-wire 0), Anthropic's with `sk-ant-`, OpenAI's with `sk-proj-`. */
export function looksReal(key: unknown): boolean {
  return typeof key === "string" && /^(xai-|sk-ant-|sk-proj-)/i.test(key);
}
