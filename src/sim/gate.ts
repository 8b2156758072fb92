import type { IncomingHttpHeaders } from "node:http";
import type { SimRefusal } from "./request.ts";

/** What a request must present before its body is looked at. */
export interface Gate {
  readonly apiKey: string;
  readonly maxBodyBytes: number;
}

/** What a path and verb ask for: model output, or something that is looked up. */
export type Route = { readonly name: "chat" } | { readonly name: "responses" } | LookupRoute;

/** What is looked up, in a list or by its id. */
export type LookupRoute =
  | { readonly name: "models" }
  | { readonly name: "language-models" }
  | { readonly name: "model" | "language-model" | "response"; readonly id: string };

const VERBS: Readonly<Record<Route["name"], readonly string[]>> = {
  chat: ["POST"],
  responses: ["POST"],
  response: ["GET", "DELETE"],
  models: ["GET"],
  model: ["GET"],
  "language-models": ["GET"],
  "language-model": ["GET"],
};

/** The route of a request, or 404 for an unknown path and 405 for a wrong verb. */
export function routeOf(method: string, url: string): Route | SimRefusal {
  const path = url.split("?")[0] ?? "";
  const found = pathRoute(path);
  if (found === undefined) {
    return {
      status: 404,
      body: {
        error: `The simulator has no ${method} ${path}. It serves POST /v1/chat/completions, POST /v1/responses, GET and DELETE /v1/responses/{id}, GET /v1/models[/{id}] and GET /v1/language-models[/{id}].`,
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

function pathRoute(path: string): Route | undefined {
  if (path === "/v1/chat/completions") return { name: "chat" };
  const [, folder, id] = /^\/v1\/(responses|models|language-models)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (folder === "responses") return id === undefined ? { name: folder } : { name: "response", id: decodePath(id) };
  if (folder === "models") return id === undefined ? { name: folder } : { name: "model", id: decodePath(id) };
  if (folder !== "language-models") return undefined;
  return id === undefined ? { name: folder } : { name: "language-model", id: decodePath(id) };
}

/** A malformed escape is taken as it is: it names no model, so that it ends as 404 and not as a crash. */
function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Refuses a missing key with 401 and a wrong one with 400, as xAI does; and any key that looks real. */
export function keyRefusal(headers: IncomingHttpHeaders, gate: Gate): SimRefusal | undefined {
  const given = /^Bearer\s+(\S.*)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  if (looksReal(given) || looksReal(headers["x-api-key"])) {
    return {
      status: 400,
      body: {
        code: "simulator:real-key",
        error: `This is the fairwitness simulator, not xAI, and a real key must not be sent to it. Send the simulator's own key, which starts with "sim_".`,
      },
    };
  }
  if (given === undefined) {
    return { status: 401, body: { code: "unauthenticated:no-credentials", error: "No credentials presented." } };
  }
  if (given === gate.apiKey) return undefined;
  return {
    status: 400,
    body: {
      code: "invalid-argument",
      error: "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
    },
  };
}

/** xAI's keys start with `xai-` (xai-wire 0). */
export function looksReal(key: unknown): boolean {
  return typeof key === "string" && key.toLowerCase().startsWith("xai-");
}
