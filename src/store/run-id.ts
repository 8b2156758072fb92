import { AgentError } from "../errors.ts";

/**
 * Checks the id of a run before it becomes part of a file's name: 1 to 128 letters, digits, `.`, `_` and `-`,
 * beginning with a letter, a digit or `_`. So it can neither leave a folder nor be a hidden file or an option.
 * @throws {AgentError} `invalid_option`.
 */
export function checkRunId(runId: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(runId)) return;
  const shown = JSON.stringify(String(runId).slice(0, 80));
  throw new AgentError(
    "invalid_option",
    `${shown} is no id of a run: it takes 1 to 128 letters, digits, ".", "_" and "-".`,
  );
}
