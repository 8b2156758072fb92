import type { TaintSource } from "../event/index.ts";
import type { Message, UserMessage } from "../message/index.ts";

/** How a summary begins, so that the model knows what it reads, and a later summary takes it in. */
const HEAD =
  "[A summary of the conversation up to here, written by a model in place of the messages. They are not shown any more.]";

/** The message that stands for those it sums up. Text from outside may be in it: then it is marked, and taints every run that is given it. */
export function summaryMessage(text: string, taint: readonly TaintSource[]): UserMessage {
  const content = `${HEAD}\n${text}`;
  if (taint.length === 0) return { role: "user", content };
  return { role: "user", content: [{ type: "text", text: content, untrusted: true }] };
}

export function isSummary(message: Message): boolean {
  if (message.role !== "user") return false;
  const { content } = message;
  if (typeof content === "string") return content.startsWith(HEAD);
  const [first] = content;
  return first?.type === "text" && first.text.startsWith(HEAD);
}

/** What sizes are measured by. */
interface Sizing {
  window: number | undefined;
  about(messages: readonly Message[]): number;
}

/** The share of the window that the words of users may take up beside a summary. */
const KEPT_SHARE = 0.05;
/** Tokens of it where no window is known. */
const KEPT_TOKENS = 4000;

/**
 * What stays word for word beside a summary: system messages, and what users said, the newest first, while it is not much. A task is not
 * left to the memory of a model.
 */
export function keptWords(old: readonly Message[], room: Sizing): readonly Message[] {
  let left = room.window === undefined ? KEPT_TOKENS : room.window * KEPT_SHARE;
  return old
    .toReversed()
    .filter((message) => {
      if (message.role === "system") return true;
      if (message.role !== "user" || isSummary(message)) return false;
      left -= room.about([message]);
      return left >= 0;
    })
    .toReversed();
}
