import type { InputIssue, UserMessage } from "../message/index.ts";

/** The most of one reason: validators may quote what they were given. */
const MAX_REASON = 500;

/** What the model is told when its answer does not fit: the reasons with their places, and what to do. */
export function correctionOf(issues: readonly InputIssue[]): UserMessage {
  const lines = issues.map((issue) => `- ${formatIssue(issue)}`);
  const content = [
    "Your answer does not fit the JSON schema it must have:",
    ...lines,
    "Answer again with JSON only: the whole answer, and no text around it.",
  ].join("\n");
  return { role: "user", content };
}

/** Reasons as one line, for people. */
export function formatIssues(issues: readonly InputIssue[]): string {
  return issues.map(formatIssue).join("; ");
}

function formatIssue({ path, message }: InputIssue): string {
  const reason = message.length <= MAX_REASON ? message : `${message.slice(0, MAX_REASON)}…`;
  return path === "" ? reason : `${path}: ${reason}`;
}
