import { AgentError } from "../errors.ts";

/** @throws {AgentError} `invalid_option` for a folder that is none, or an option that is not known. */
export function checkCall(who: string, dir: unknown, given: { options: object; names: readonly string[] }): void {
  if (typeof dir !== "string" || dir.trim() === "") {
    throw new AgentError("invalid_option", `${who} takes the folder of the cassette first: ${who}("fixtures/scout").`);
  }
  const wrong = Object.keys(given.options ?? {}).find((name) => !given.names.includes(name));
  if (wrong === undefined) return;
  const message = `${who} has no option ${JSON.stringify(wrong)}. Options: ${given.names.join(", ")}.`;
  throw new AgentError("invalid_option", message);
}
