import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import { checkToolName, nearestName } from "./names.ts";

const OPTIONS: readonly string[] = [
  "name",
  "description",
  "input",
  "output",
  "effect",
  "origin",
  "private",
  "timeoutMs",
  "maxOutputBytes",
  "maxStoredBytes",
  "concurrency",
  "endsRun",
  "onError",
  "execute",
  "toModel",
  "summary",
  "approval",
  "approvalTimeoutMs",
  "reconcile",
];

/** What other libraries call our options. */
const HABITS: ReadonlyMap<string, string> = new Map([
  ["parameters", "input"],
  ["inputSchema", "input"],
  ["schema", "input"],
  ["args", "input"],
  ["params", "input"],
  ["handler", "execute"],
  ["run", "execute"],
  ["func", "execute"],
  ["fn", "execute"],
  ["call", "execute"],
  ["invoke", "execute"],
  ["outputSchema", "output"],
  ["returns", "output"],
  ["timeout", "timeoutMs"],
  ["desc", "description"],
  ["toModelOutput", "toModel"],
  ["summarize", "summary"],
  ["needsApproval", "approval"],
  ["needs_approval", "approval"],
  ["requireApproval", "approval"],
  ["requiresApproval", "approval"],
  ["approvalTimeout", "approvalTimeoutMs"],
]);

/** Longest delay a timer takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** Room for the text that says how much was cut. */
const MIN_OUTPUT_BYTES = 256;

/**
 * Checks the options of `defineTool`, the schemas apart.
 * @throws {AgentError} `invalid_tool`, naming the tool, the option and what to write.
 */
export function checkToolOptions(options: unknown): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new AgentError("invalid_tool", "defineTool takes one object: { name, description, input, execute }.");
  }
  const given = ownOptions(options) as Record<string, unknown>; // an object: every option is looked at before it is used
  if (typeof given.function === "object") {
    throw invalid(
      given,
      'is in the shape of the wire ({ "type": "function" }). Write { name, description, input, execute }',
    );
  }
  checkKeys(given);
  checkToolName(given.name);
  checkValues(given);
}

function checkKeys(given: Record<string, unknown>): void {
  for (const key of Object.keys(given)) {
    if (OPTIONS.includes(key)) continue;
    const habit = HABITS.get(key);
    if (habit !== undefined) throw invalid(given, `has "${key}", which is called "${habit}" here. Rename it`);
    const near = nearestName(key, OPTIONS);
    const hint = near === undefined ? `Options: ${OPTIONS.join(", ")}` : `Did you mean "${near}"?`;
    throw invalid(given, `has no option "${key}". ${hint}`);
  }
}

function checkValues(given: Record<string, unknown>): void {
  const { description, execute, toModel, summary, timeoutMs, maxOutputBytes, maxStoredBytes } = given;
  if (typeof description !== "string" || description.trim() === "") {
    throw invalid(
      given,
      "has no description. Say in a sentence what it does and when to use it: the model chooses by it",
    );
  }
  if (typeof execute !== "function") throw invalid(given, "has no execute. Write execute: (input) => …");
  checkFunction(given, "toModel", toModel);
  checkFunction(given, "summary", summary);
  checkNumber(given, "timeoutMs", timeoutMs, [1, MAX_TIMEOUT_MS]);
  checkNumber(given, "maxOutputBytes", maxOutputBytes, [MIN_OUTPUT_BYTES, Number.MAX_SAFE_INTEGER]);
  checkNumber(given, "maxStoredBytes", maxStoredBytes, [MIN_OUTPUT_BYTES, Number.MAX_SAFE_INTEGER]);
  checkChoice(given, "effect", ["read", "idempotent", "write"]);
  checkChoice(given, "origin", ["external"]);
  checkChoice(given, "onError", ["model", "fail"]);
  checkChoice(given, "private", [true, false]);
  checkChoice(given, "endsRun", [true, false]);
  checkConcurrency(given);
  checkEffects(given);
}

function checkEffects(given: Record<string, unknown>): void {
  const { approval, approvalTimeoutMs, reconcile, effect } = given;
  if (approval !== undefined && typeof approval !== "boolean" && typeof approval !== "function") {
    throw invalid(given, `has approval ${String(approval)}. It takes true, false or a function: (input) => true`);
  }
  checkNumber(given, "approvalTimeoutMs", approvalTimeoutMs, [1, Number.MAX_SAFE_INTEGER]);
  if (reconcile === undefined) return;
  checkFunction(given, "reconcile", reconcile);
  if (effect === "write") return;
  const has = effect === undefined ? "no effect" : `effect ${String(effect)}`;
  throw invalid(
    given,
    `has a reconcile and ${has}: only a write is asked about. Write effect: "write", or leave it out`,
  );
}

function checkFunction(given: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw invalid(given, `has a ${name} that is no function`);
}

function checkNumber(given: Record<string, unknown>, name: string, value: unknown, [min, max]: [number, number]): void {
  if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return;
  throw invalid(given, `has ${name} ${String(value)}. It takes a number from ${min} to ${max}`);
}

function checkChoice(given: Record<string, unknown>, name: string, choices: readonly unknown[]): void {
  if (given[name] === undefined || choices.includes(given[name])) return;
  const list = choices.map((choice) => JSON.stringify(choice)).join(", ");
  throw invalid(given, `has ${name} ${String(given[name])}. It takes ${list}`);
}

function checkConcurrency(given: Record<string, unknown>): void {
  const { concurrency } = given;
  if (concurrency === undefined || concurrency === "parallel" || concurrency === "serial") return;
  const isKeyed = typeof concurrency === "object" && concurrency !== null && "key" in concurrency;
  if (isKeyed && typeof concurrency.key === "string" && concurrency.key !== "") return;
  throw invalid(given, 'has an unknown concurrency. It takes "parallel", "serial" or { key: "…" }');
}

function invalid(given: Record<string, unknown>, text: string): AgentError {
  const tool = typeof given.name === "string" && given.name !== "" ? `Tool ${given.name.slice(0, 80)}` : "A tool";
  return new AgentError("invalid_tool", `${tool} ${text}.`.replace(/\?\.$/, "?"));
}
