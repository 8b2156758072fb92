import { AgentError } from "../errors.ts";
import type { StoredRun } from "../store/index.ts";
import { nearestName } from "../tool/index.ts";

const MAX_NAMED = 5;

/**
 * The id of the run that is meant: `latest`, an id, or the beginning of just one, with or without its `run_`.
 * @param runs the newest first.
 * @throws {AgentError} `not_found`, with the id that was probably meant or those that begin so.
 */
export function findRun(asked: string, runs: readonly Pick<StoredRun, "runId">[], where: string): string {
  const [latest] = runs;
  if (latest === undefined) {
    throw new AgentError(
      "not_found",
      `There are no runs in ${where}. Give the agent a store, or name another place with --store.`,
    );
  }
  if (asked === "latest") return latest.runId;
  const ids = runs.map(({ runId }) => runId);
  if (ids.includes(asked)) return asked;
  const matching = ids.filter((id) => id.startsWith(asked) || id.startsWith(`run_${asked}`));
  const [only, ...others] = matching;
  if (only === undefined) throw noneFound(asked, ids, where);
  if (others.length === 0) return only;
  const named = matching.slice(0, MAX_NAMED).join(", ") + (matching.length > MAX_NAMED ? ", …" : "");
  throw new AgentError("not_found", `${matching.length} runs begin with "${asked}": ${named}. Write more of the id.`);
}

function noneFound(asked: string, ids: readonly string[], where: string): AgentError {
  const near = nearestName(asked, ids);
  const hint = near === undefined ? "See those there are with: fairwitness runs list" : `Did you mean ${near}?`;
  return new AgentError("not_found", `There is no run ${JSON.stringify(asked.slice(0, 80))} in ${where}. ${hint}`);
}
