import { type Clock, isThenable, systemClock, within } from "../clock.ts";
import type { InputIssue } from "../message/index.ts";
import { MAX_JSON_LENGTH, readJsonText } from "./json-text.ts";
import type { AnyTool, InputVerdict } from "./tool.ts";

/** What became of the arguments of a call. */
export interface ReadArguments {
  /** The arguments as parsed JSON; absent when they are not JSON, or JSON that is not safe to keep as data. */
  input?: unknown;
  /** The arguments as text, when `input` is absent; the first 4,000 characters when there are too many. */
  inputText?: string;
  /** The arguments as the tool's schema gives them out: defaults and transforms applied. Absent with `issues`. */
  value?: unknown;
  /** Why they do not fit. */
  issues?: readonly InputIssue[];
  /** What a broken validator threw. */
  error?: unknown;
}

/**
 * Reads the arguments of a call as the model wrote them, strictly: one JSON object, at most 1 MiB, at most 64 levels, no
 * keys that reach for prototypes; empty text is `{}`. Then the tool's own check, within the tool's time; without a tool
 * (the model asked for one that is not there) nothing is checked and there is no `value`. A promise only where the check gives one.
 * Never throws and never rejects.
 */
export function readArguments(
  tool: AnyTool | undefined,
  text: string,
  clock: Clock = systemClock,
): ReadArguments | Promise<ReadArguments> {
  const source = text.trim() === "" && text.length <= MAX_JSON_LENGTH ? "{}" : text;
  const read = readJsonText(source, "the arguments are");
  if ("problem" in read) return refuse(read.problem, { inputText: cut(text) });
  const input = read.json;
  const isObject = typeof input === "object" && input !== null;
  if (!isObject || Array.isArray(input)) return refuse("the arguments must be one JSON object", { input });
  if (tool === undefined) return { input };
  // Parsed again, so that nothing the schema or the handler does to its object changes what is recorded.
  const verdict = tool.check(JSON.parse(source));
  if (isThenable(verdict)) return inTime(tool, verdict, clock).then((given) => checked(input, given));
  return checked(input, verdict);
}

function checked(input: unknown, verdict: InputVerdict): ReadArguments {
  if (verdict.ok) return { input, value: verdict.value };
  const { issues, error } = verdict;
  return error === undefined ? { input, issues } : { input, issues, error };
}

function refuse(message: string, kept: { input?: unknown; inputText?: string }): ReadArguments {
  return { ...kept, issues: [{ path: "", message }] };
}

function cut(text: string): string {
  return text.length <= MAX_JSON_LENGTH ? text : `${text.slice(0, 4000)}… [${text.length - 4000} more characters]`;
}

/** A check that never answers does not hold the run. */
function inTime({ timeoutMs: ms }: AnyTool, check: Promise<InputVerdict>, clock: Clock): Promise<InputVerdict> {
  const message = `the check did not answer within ${ms} ms`;
  return within(check, { clock, ms, late: () => ({ ok: false, issues: [{ path: "", message }] }) });
}
