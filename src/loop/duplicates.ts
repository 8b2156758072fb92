import { AgentError } from "../errors.ts";
import type { MessageToolCall } from "../message/index.ts";

/**
 * The calls of a turn that are another one once more: positions by the position of the call they repeat. An id is given twice
 * in one turn when a server repeats an item; said word for word the same, it is one call.
 * @throws {AgentError} `malformed_event`, retryable, when one id stands for two different calls: nobody can tell which result
 * would be whose, so the turn is not a turn.
 */
export function duplicatesOf(calls: readonly MessageToolCall[]): ReadonlyMap<number, number> {
  const first = new Map<string, number>();
  const duplicates = new Map<number, number>();
  calls.forEach((call, index) => {
    if (call.id === "") return; // ids that are missing are made up, each its own
    const before = first.get(call.id);
    if (before === undefined) first.set(call.id, index);
    else if (isSame(calls[before], call)) duplicates.set(index, before);
    else throw contradiction(calls[before]?.tool, call);
  });
  return duplicates;
}

function isSame(one: MessageToolCall | undefined, other: MessageToolCall): boolean {
  return one?.tool === other.tool && one.arguments === other.arguments;
}

function contradiction(tool: string | undefined, { id, tool: other }: MessageToolCall): AgentError {
  const shown = JSON.stringify(id.slice(0, 80));
  const message = `The answer has two different calls under the id ${shown} (of ${tool} and of ${other}): it contradicts itself, and none of its calls was run.`;
  return new AgentError("malformed_event", message, { retryable: true });
}
