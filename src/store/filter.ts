import { AgentError } from "../errors.ts";
import type { RunFilter } from "./store.ts";

const KNOWN = ["conversation", "agent", "status", "limit", "before"];

/** @throws {AgentError} `invalid_option` for a filter that would be passed over, or that is none. */
export function checkFilter(filter: RunFilter): void {
  const strange = Object.keys(filter).find((key) => !KNOWN.includes(key));
  if (strange !== undefined) {
    throw new AgentError(
      "invalid_option",
      `list has no filter ${JSON.stringify(strange)}. It has ${KNOWN.join(", ")}.`,
    );
  }
  const { limit } = filter;
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return;
  throw new AgentError("invalid_option", `The limit of a list is ${String(limit)}: give a whole number, from 0.`);
}
