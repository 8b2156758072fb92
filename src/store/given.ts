import { AgentError } from "../errors.ts";

/** What a store was made with. */
export interface GivenStore {
  /** The function that makes it. */
  maker: string;
  options: object;
  /** The options there are. */
  known: readonly string[];
  /** Where it is to be kept; absent for one that is kept nowhere. */
  place?: { what: "folder" | "file"; path: string };
}

/**
 * Looks at what a store is made with. An option that is passed over would promise what the store does not keep.
 * @throws {AgentError} `invalid_option`.
 */
export function checkGiven({ maker, options, known, place }: GivenStore): void {
  if (place !== undefined && (typeof place.path !== "string" || place.path === "")) {
    throw invalid(`${maker} takes a ${place.what} first, a text that is not empty, and then its options.`);
  }
  if (typeof options !== "object" || options === null) throw invalid(`${maker} takes an object of options.`);
  const strange = Object.keys(options).find((key) => !known.includes(key));
  if (strange !== undefined) {
    throw invalid(`${maker} has no option ${JSON.stringify(strange)}. It takes ${known.join(", ")}.`);
  }
  const { fsync, now, onRepair, busyTimeoutMs } = options as Record<string, unknown>; // looked at here
  if (fsync !== undefined && fsync !== "never" && fsync !== "always") {
    throw invalid(`fsync is ${JSON.stringify(fsync)}. Give "never" or "always".`);
  }
  for (const [name, value] of Object.entries({ now, onRepair })) {
    if (value !== undefined && typeof value !== "function") throw invalid(`${maker}: ${name} is no function.`);
  }
  if (busyTimeoutMs === undefined || (Number.isSafeInteger(busyTimeoutMs) && Number(busyTimeoutMs) >= 0)) return;
  throw invalid(`${maker}: busyTimeoutMs is ${String(busyTimeoutMs)}: give whole milliseconds, from 0.`);
}

function invalid(message: string): AgentError {
  return new AgentError("invalid_option", message);
}
