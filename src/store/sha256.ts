import { AgentError } from "../errors.ts";

/** SHA-256 in lower-case hex, by the platform's own `crypto.subtle`: on another thread, for artifacts may be large. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Checks a hash before it becomes part of a file's name.
 * @throws {AgentError} `invalid_option`.
 */
export function checkSha256(sha256: string): void {
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return;
  const shown = JSON.stringify(String(sha256).slice(0, 80));
  throw new AgentError("invalid_option", `${shown} is no SHA-256: give outputArtifact.sha256 of an event or a call.`);
}
