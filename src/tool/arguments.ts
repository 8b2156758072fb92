import { type Clock, systemClock } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { InputIssue } from "../message/index.ts";
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

/** Largest arguments, in UTF-16 units, and deepest nesting. */
const MAX_LENGTH = 1_048_576;
const MAX_DEPTH = 64;

/**
 * Reads the arguments of a call as the model wrote them, strictly: one JSON object, at most 1 MiB, at most 64 levels, no
 * keys that reach for prototypes; empty text is `{}`. Then the tool's own check, within the tool's time; without a tool
 * (the model asked for one that is not there) nothing is checked and there is no `value`. Never rejects.
 */
export async function readArguments(
  tool: AnyTool | undefined,
  text: string,
  clock: Clock = systemClock,
): Promise<ReadArguments> {
  const problem = scan(text);
  if (problem !== undefined) return refuse(problem, { inputText: cut(text) });
  const source = text.trim() === "" ? "{}" : text;
  const parsed = parse(source);
  if ("problem" in parsed) return refuse(parsed.problem, { inputText: text });
  const input = parsed.json;
  const isObject = typeof input === "object" && input !== null;
  const key = isObject ? forbiddenKey(input) : undefined;
  if (key !== undefined) return refuse(`the key ${key} is not allowed`, { inputText: text });
  if (!isObject || Array.isArray(input)) return refuse("the arguments must be one JSON object", { input });
  if (tool === undefined) return { input };
  // Parsed again, so that nothing the schema or the handler does to its object changes what is recorded.
  const verdict = await within(tool, tool.check(JSON.parse(source)), clock);
  if (verdict.ok) return { input, value: verdict.value };
  const error = verdict.error === undefined ? {} : { error: verdict.error };
  return { input, issues: verdict.issues, ...error };
}

function refuse(message: string, kept: { input?: unknown; inputText?: string }): ReadArguments {
  return { ...kept, issues: [{ path: "", message }] };
}

/** Length and depth, before anything is parsed and without recursion. */
function scan(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `the arguments are longer than ${MAX_LENGTH} characters`;
  let depth = 0;
  let isString = false;
  for (let n = 0; n < text.length; n++) {
    const char = text[n];
    if (isString && char === "\\") n++;
    else if (char === '"') isString = !isString;
    else if (isString) continue;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    if (depth > MAX_DEPTH) return `the arguments are nested deeper than ${MAX_DEPTH} levels`;
  }
  return undefined;
}

type Parsed = { json: unknown } | { problem: string };

function parse(text: string): Parsed {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    return { problem: `the arguments are not JSON: ${errorMessage(error)}` };
  }
}

/** An own key by which a careless merge would change a prototype, at any depth. */
function forbiddenKey(root: object): string | undefined {
  const open: object[] = [root];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    if (Object.hasOwn(object, "__proto__")) return "__proto__";
    for (const [key, value] of Object.entries(object)) {
      if (typeof value !== "object" || value === null) continue;
      if (key === "constructor" && Object.hasOwn(value, "prototype")) return "constructor.prototype";
      open.push(value);
    }
  }
  return undefined;
}

function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, 4000)}… [${text.length - 4000} more characters]`;
}

/** A check that never answers does not hold the run. */
async function within(tool: AnyTool, check: Promise<InputVerdict>, clock: Clock): Promise<InputVerdict> {
  let cancel: (() => void) | undefined;
  const late = new Promise<InputVerdict>((resolve) => {
    const message = `the check did not answer within ${tool.timeoutMs} ms`;
    cancel = clock.after(tool.timeoutMs, () => resolve({ ok: false, issues: [{ path: "", message }] }));
  });
  try {
    return await Promise.race([check, late]);
  } finally {
    cancel?.();
  }
}
