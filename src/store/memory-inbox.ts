import { AgentError } from "../errors.ts";
import { checkLetter, type Inbox, type Letter } from "./inbox.ts";
import { checkRunId } from "./run-id.ts";

export interface MemoryInbox extends Inbox {
  forget(runId: string): void;
}

interface KeptLetter extends Omit<Letter, "value"> {
  json: string;
}

/** Letters within this process, kept as text: nobody can change one that they hold. */
export function createMemoryInbox(options: { now: () => number; isThere: (runId: string) => boolean }): MemoryInbox {
  const inboxes = new Map<string, KeptLetter[]>();
  return {
    forget: (runId) => void inboxes.delete(runId),
    async send(runId, name, value) {
      checkRunId(runId);
      const json = checkLetter(runId, name, value);
      if (!options.isThere(runId)) throw new AgentError("not_found", `There is no run ${runId} in this memory store.`);
      const letters = inboxes.get(runId) ?? [];
      const before = letters.find((letter) => letter.name === name);
      if (before !== undefined) return { ...opened(before), isFirst: false };
      const letter = { position: letters.length + 1, name, json, at: options.now() };
      letters.push(letter);
      inboxes.set(runId, letters);
      return { ...opened(letter), isFirst: true };
    },
    async received(runId, after = 0) {
      checkRunId(runId);
      return (inboxes.get(runId) ?? []).slice(after).map(opened);
    },
  };
}

function opened({ position, name, json, at }: KeptLetter): Letter {
  return { position, name, value: JSON.parse(json), at };
}
