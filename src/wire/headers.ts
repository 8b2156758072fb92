import { AgentError } from "../errors.ts";

/**
 * The headers with lower-case names. `fetch` quotes a value it refuses, and with it perhaps a secret: so it never gets one.
 * @throws {AgentError} `invalid_option` naming the header, never its value.
 */
export function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const isFine = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof value === "string" && !/[^\t\x20-\x7e]/.test(value);
    if (!isFine) {
      throw new AgentError("invalid_option", `The header ${JSON.stringify(name)} cannot be sent: use plain ASCII.`);
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
