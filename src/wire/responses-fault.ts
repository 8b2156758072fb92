import { findFault, type ServerFault } from "./fault.ts";
import { isObject } from "./json.ts";

/**
 * The fault that an event of the Responses API, or a whole response, is; undefined when it is none. Tool calls may carry an
 * `error` of their own: an answer goes on after it, so it is no fault.
 * @param event Name of the SSE event.
 */
export function findResponseFault(json: unknown, event?: string): ServerFault | undefined {
  if (!isObject(json)) return undefined;
  const type = typeof json.type === "string" ? json.type : event;
  if (type === "response.failed") return faultOf(json.response, json);
  if (type !== undefined && ENDS.has(type) && isFailed(json.response)) return faultOf(json.response, json);
  if (type?.startsWith("response.") === true) return undefined;
  if (json.object === "response" && isFailed(json)) return faultOf(json, json);
  return findFault(json, event);
}

/** Whatever the event is called, a response that says it failed did. */
const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.done"]);

function isFailed(response: unknown): boolean {
  return isObject(response) && (response.status === "failed" || response.status === "cancelled");
}

/** A failure that does not say why is still one. */
function faultOf(response: unknown, event: unknown): ServerFault {
  const fault = findFault(response) ?? findFault(event) ?? { message: "The response failed, and does not say why." };
  return isObject(response) && isObject(response.usage) ? { ...fault, usage: response.usage } : fault;
}
