import type { IncomingHttpHeaders } from "node:http";
import type { SimRefusal } from "./request.ts";

/** What a request must present before its body is looked at. */
export interface Gate {
  readonly apiKey: string;
  readonly maxBodyBytes: number;
}

/** What a path and verb ask for. */
export type Route = { readonly name: "chat" | "models" } | { readonly name: "model"; readonly id: string };

/** The route of a request, or 404 for an unknown path and 405 for a wrong verb. */
export function routeOf(method: string, url: string): Route | SimRefusal {
  const path = url.split("?")[0] ?? "";
  const found = pathRoute(path);
  if (found === undefined) {
    return {
      status: 404,
      body: {
        error: `The simulator has no ${method} ${path}. It serves POST /v1/chat/completions and GET /v1/models[/{id}].`,
      },
    };
  }
  const verb = found.name === "chat" ? "POST" : "GET";
  if (method === verb) return found;
  return { status: 405, body: { error: `Method ${method} is not allowed for ${path}.` }, headers: { allow: verb } };
}

function pathRoute(path: string): Route | undefined {
  if (path === "/v1/chat/completions") return { name: "chat" };
  if (path === "/v1/models") return { name: "models" };
  const id = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1];
  return id === undefined ? undefined : { name: "model", id: decodePath(id) };
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
