import type { UserMessage } from "../message/index.ts";

/** What the model is told when it said nothing. */
export const EMPTY_REPLY: UserMessage = {
  role: "user",
  content: "Your last reply was empty: it had neither text nor a tool call. Answer, or call a tool.",
};

/** What the model is told when its answer is shaped like a call and is none. */
export function callShaped(tool: string): UserMessage {
  const content = `Your last reply is text that looks like a call of ${tool}. It is none, and nothing was run. To call the tool, make a tool call; if that text is your answer, give it again.`;
  return { role: "user", content };
}

/** The same for whoever reads the record. */
export function callShapedWarning(tool: string): string {
  return `The model answered with text that is shaped like a call of ${tool} and is none: nothing was run.`;
}
