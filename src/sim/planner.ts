import { attachmentsOf, describeAttachment } from "./attachments.ts";
import { type Facts, factsOf, fillArguments, propertiesOf, words } from "./fill.ts";
import { fitSchema } from "./fit.ts";
import { wantedFormat } from "./format.ts";
import { isRecord, messageText, parseJson, type SimFunction, type SimMessage, type SimRequest } from "./request.ts";
import type { SimToolCall, SimTurn } from "./script.ts";

/** Put under everything the planner says, because a simulated answer must be known as one. */
const LABEL = "(simulated: written by fairwitness's rule-based planner, not by a model)";

/**
 * What the simulator answers when it has no script: it calls the registered function that shares most words with the
 * last question, once for each place or person named, then answers from the results, in JSON where that is asked for. Never
 * throws.
 */
export function planTurn(request: SimRequest): SimTurn {
  const asked = request.messages.findLastIndex((message) => message.role === "user");
  const text = messageText(request.messages[asked]).slice(0, 4000); // no person asks more at once
  const since = request.messages.slice(asked + 1);
  const functions = callable(request);
  const calls = remaining(planCalls(text, functions, request), since, request);
  if (calls.length > 0) return { toolCalls: calls };
  const format = wantedFormat(request);
  if (format.isJson) return { text: shaped(text, since, format.schema) };
  if (since.some((message) => message.role === "tool")) return { text: answerFrom(since) };
  const shown = request.messages[asked];
  return { text: `${shown === undefined ? "" : showing(shown)}${unsure(text, functions)}` };
}

/** The functions that may be called under `tool_choice`. */
function callable({ tool_choice: choice, tools = [] }: SimRequest): readonly SimFunction[] {
  if (choice === "none") return [];
  const functions = tools.flatMap((tool) => (tool.function === undefined ? [] : [tool.function]));
  return typeof choice === "object" ? functions.filter(({ name }) => name === choice.function.name) : functions;
}

function planCalls(text: string, functions: readonly SimFunction[], request: SimRequest): readonly SimToolCall[] {
  const whole = factsOf(text, functions);
  const isForced = request.tool_choice === "required" || typeof request.tool_choice === "object";
  const planned = clauses(text).flatMap((clause) => callsFor(clause, whole, functions, false));
  const calls = planned.length === 0 && isForced ? callsFor(text, whole, functions, true) : planned;
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
}

/** "The weather in Lisbon and what time is it in Tokyo?" asks twice. */
function clauses(text: string): readonly string[] {
  return text.split(/[?!;]|\.\s|\band\s+(?=what|how|when|who|where|tell|then|also\b)/i);
}

function callsFor(
  clause: string,
  whole: Facts,
  functions: readonly SimFunction[],
  isForced: boolean,
): readonly SimToolCall[] {
  const said = new Set(words(clause));
  const scored = functions.map((fn) => ({ fn, score: score(fn, said) })).sort((a, b) => b.score - a.score);
  const best = scored[0];
  if (best === undefined || (best.score < 2 && !isForced)) return [];
  const own = factsOf(clause, functions);
  const facts = { ...own, names: own.names.length > 0 ? own.names : whole.names };
  return fillArguments(best.fn.parameters, facts).map((filled) => ({ name: best.fn.name, arguments: filled }));
}

/** A word of the name counts three, of the description two, of a property one. */
function score(fn: SimFunction, said: ReadonlySet<string>): number {
  const hits = (known: readonly string[]): number => new Set(known.filter((word) => said.has(word))).size;
  const properties = words(Object.keys(propertiesOf(fn.parameters)).join(" "));
  const told = words(fn.description ?? "").filter((word) => !properties.includes(word));
  return 3 * hits(words(fn.name)) + 2 * hits(told) + hits(properties);
}

/** Calls still to be made. Once there are results, only a caller who allows one call at a time gets further ones. */
function remaining(
  planned: readonly SimToolCall[],
  since: readonly SimMessage[],
  request: SimRequest,
): readonly SimToolCall[] {
  const made = since.flatMap((message) => message.tool_calls ?? []);
  if (request.parallel_tool_calls !== false) return made.length === 0 ? planned : [];
  const keys = new Set(made.map((call) => `${call.function.name} ${call.function.arguments}`));
  return planned.filter((call) => !keys.has(`${call.name} ${JSON.stringify(call.arguments)}`)).slice(0, 1);
}

/** One sentence for each result: what was asked for, then what came back. */
function answerFrom(since: readonly SimMessage[]): string {
  const calls = new Map(since.flatMap((message) => message.tool_calls ?? []).map((call) => [call.id, call.function]));
  const results = since.filter((message) => message.role === "tool");
  const sentences = results.map((message) => {
    const call = calls.get(message.tool_call_id ?? "");
    const about = flat(parseJson(call?.arguments ?? "") ?? "", false) || (call?.name ?? "result");
    const seen = attachmentsOf(message).map(describeAttachment);
    const told = [flat(parseJson(messageText(message)) ?? messageText(message), true), ...seen];
    return `${about}: ${told.filter((words) => words !== "").join(", ") || "nothing"}.`;
  });
  return `${sentences.join("\n")}\n${LABEL}`;
}

/** JSON as words: `{"city":"Oslo","sky":{"clouds":3}}` is "city Oslo, sky clouds 3"; without keys "Oslo, 3". */
function flat(value: unknown, hasKeys: boolean): string {
  if (Array.isArray(value)) return value.map((item) => flat(item, hasKeys)).join(", ");
  if (!isRecord(value)) return String(value);
  const member = ([key, item]: [string, unknown]): string => (hasKeys ? `${key} ` : "") + flat(item, hasKeys);
  return Object.entries(value).map(member).join(", ");
}

/** An answer in the JSON form the caller asked for, with what the results and the question hold. */
function shaped(text: string, since: readonly SimMessage[], schema: unknown): string {
  const told = since.filter(({ role }) => role === "tool").map(messageText);
  const results = told.map((result) => parseJson(result) ?? result);
  const plain = { simulated: true, question: text, ...(results.length > 0 ? { results } : {}) };
  const value = schema === undefined ? plain : fitSchema(schema, { facts: factsOf(text, []), results });
  if (value !== undefined) return JSON.stringify(value);
  return `I cannot fill the JSON schema you ask for. Write what to answer: startSimulator({ script: [{ text: "{…}" }] })\n${LABEL}`;
}

/** What the question shows besides its text, said first: it is all the planner can tell of it. */
function showing(message: SimMessage): string {
  const seen = attachmentsOf(message).map(describeAttachment);
  return seen.length === 0 ? "" : `You showed me ${seen.join(" and ")}.\n`;
}

function unsure(text: string, functions: readonly SimFunction[]): string {
  if (functions.length === 0)
    return `You asked ${JSON.stringify(text.slice(0, 200))}. No function is offered.\n${LABEL}`;
  const names = functions.map(({ name }) => name);
  const turn = `{ toolCalls: [{ name: ${JSON.stringify(names[0])}, arguments: { … } }] }`;
  return `I am not sure which function this asks for, or with which arguments. I know ${names.join(", ")}.
To say what I answer, write a script: startSimulator({ script: [${turn}, { text: "…" }] })\n${LABEL}`;
}
