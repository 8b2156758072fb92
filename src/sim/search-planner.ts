import { calculate } from "./calculate.ts";
import { factsOf } from "./fill.ts";
import { wantedFormat } from "./format.ts";
import { planTurn } from "./planner.ts";
import { messageText, type SimHostedTool, type SimRequest } from "./request.ts";
import type { SimTurn } from "./script.ts";
import type { SimCitation, SimServerCall } from "./server-calls.ts";

/** What the question wants found, by which tool, and what the simulator lets it find. */
interface Finding {
  readonly call: SimServerCall;
  /** One sentence for each source, and the source. */
  readonly claims: readonly { readonly text: string; readonly url: string }[];
  /** Said where there is nothing to cite. */
  readonly remark?: string;
}

const OPINION =
  /\b(people|sailors|users|fans|anyone|everyone|they)\s+(?:are\s+|is\s+)?(say|think|feel|talk|post|complain)|\b(opinions?|reactions?|tweets?|posts?|sentiment|rumou?rs?)\b|\bon X\b/i;
const FACT =
  /\b(is|was|are|were)\s+(it|this|that)\s+(really\s+)?true\b|\b(news|latest|headlines?|search|look up|find out|fact.?check|sources?|web|online|verify)\b/i;

/**
 * What the simulator answers on `/v1/responses` when it has no script: it searches X for opinions and the web for facts,
 * calculates with code, and calls functions by the rules of `planTurn`; then it answers with what it found and cites it.
 * All of it is invented, on addresses that belong to nobody. Never throws.
 */
export function planResponse(request: SimRequest): SimTurn {
  const asked = request.messages.findLastIndex((message) => message.role === "user");
  const question = messageText(request.messages[asked]).slice(0, 4000);
  const findings = request.tool_choice === "none" ? [] : findingsFor(question, request.hosted ?? []);
  const own = planTurn(request);
  if (findings.length === 0) return { ...own, ...thought(request, "No search is needed.") };
  const isAnswered = request.messages.length > asked + 1; // calls of functions were made, and before them the searches
  const serverTools = isAnswered ? {} : { serverTools: findings.map(({ call }) => call) };
  if (own.toolCalls !== undefined)
    return { ...thought(request, "I search, then ask."), ...serverTools, toolCalls: own.toolCalls };
  const said = wantedFormat(request).isJson ? own : answerWith(findings, isAnswered ? own.text : LABEL);
  return {
    ...thought(request, isAnswered ? "I have what I need." : "I search, then answer."),
    ...serverTools,
    ...said,
  };
}

const LABEL = "(simulated: searched, found and written by fairwitness's rule-based planner, not by a model)";

function thought({ include }: SimRequest, reasoning: string): SimTurn {
  const isSealed = Array.isArray(include) && include.includes("reasoning.encrypted_content");
  return { reasoning, ...(isSealed ? { reasoningEncrypted: true } : {}) };
}

/** The sentences that were found, each with its marker, then what else is to be said. */
function answerWith(findings: readonly Finding[], rest: string | undefined): SimTurn {
  const claims = findings.flatMap((finding) => finding.claims);
  const citations: readonly SimCitation[] = claims.map(({ url }) => ({ url }));
  const numbers = [...new Set(claims.map(({ url }) => url))];
  const lines = claims.map(({ text, url }) => `${text} [[${numbers.indexOf(url) + 1}]](${url})`);
  const remarks = findings.flatMap(({ remark }) => (remark === undefined ? [] : [remark]));
  return { text: [...lines, ...remarks, rest ?? LABEL].join("\n"), ...(citations.length === 0 ? {} : { citations }) };
}

function findingsFor(question: string, hosted: readonly SimHostedTool[]): readonly Finding[] {
  const tool = (...types: readonly string[]): SimHostedTool | undefined =>
    hosted.find(({ type }) => types.includes(type));
  const [x, web, code] = [tool("x_search"), tool("web_search"), tool("code_interpreter", "code_execution")];
  const wantsOpinion = OPINION.test(question);
  const wantsFact = FACT.test(question);
  const topic = topicOf(question);
  return [
    ...(x !== undefined && (wantsOpinion || (wantsFact && web === undefined)) ? [searchX(topic, x)] : []),
    ...(web !== undefined && (wantsFact || (wantsOpinion && x === undefined)) ? [searchWeb(topic, web)] : []),
    ...(code === undefined ? [] : runCode(question)),
  ];
}

/** What it is about: what follows "about", else the whole question; with the names that "there" may stand for. */
function topicOf(question: string): string {
  const [about = question] = /\babout\s([^?!.;]+)/i.exec(question)?.[1]?.split(/,?\sand\b/i, 1) ?? [];
  const topic = about
    .replace(/(?<![?!.])[?!.]+$/, "")
    .trim()
    .slice(0, 120);
  const names = factsOf(question, []).names.filter((name) => !topic.includes(name) && !OPENING.test(name));
  return [...new Set([topic.replace(/(?<!\s)\s+there$/i, ""), ...(topic === about.trim() ? names : [])])]
    .join(" ")
    .trim();
}

const OPENING = /^(what|who|how|is|are|was|check|find|tell)\b/i;

const HANDLES = ["sim_ana", "sim_bo", "sim_cleo", "sim_dev"];

function searchX(topic: string, tool: SimHostedTool): Finding {
  const dates = {
    ...(tool.from_date ? { from_date: tool.from_date } : {}),
    ...(tool.to_date ? { to_date: tool.to_date } : {}),
  };
  const input = { query: topic, limit: 10, ...dates };
  const handles = HANDLES.filter((handle) =>
    isKept(handle, listOf(tool.allowed_x_handles), listOf(tool.excluded_x_handles)),
  );
  const claims = handles.slice(0, 2).map((handle, at) => ({
    text: `@${handle} posts about ${topic} and ${at === 0 ? "agrees" : "doubts it"}.`,
    url: `https://x.com/${handle}/status/${1_900_000_000_000_000_000n + BigInt(hashOf(`${handle} ${topic}`))}`,
  }));
  const call: SimServerCall = { kind: "x_search", input, sources: claims.map(({ url }) => url) };
  return {
    call,
    claims,
    ...(claims.length === 0 ? { remark: "The search of X found nothing that its filter keeps." } : {}),
  };
}

function searchWeb(topic: string, tool: SimHostedTool): Finding {
  const filters = { ...(tool.filters as Readonly<Record<string, unknown>> | undefined), ...tool }; // as: checked for its shape
  const slug =
    topic
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.slice(0, 6)
      .join("-") ?? "topic";
  const pages = [`example.com/${slug}`, `news.invalid/${slug}`];
  const kept = pages.filter((page) =>
    isKept(page.split("/")[0] ?? "", listOf(filters.allowed_domains), listOf(filters.excluded_domains)),
  );
  const claims = kept.map((page, at) => ({
    text: at === 0 ? `A page on ${topic} bears out the main point.` : `A report on ${topic} leaves the rest open.`,
    url: `https://${page}`,
  }));
  const call: SimServerCall = { kind: "web_search", input: { query: topic }, sources: claims.map(({ url }) => url) };
  return {
    call,
    claims,
    ...(claims.length === 0 ? { remark: "The search of the web found nothing that its filter keeps." } : {}),
  };
}

function runCode(question: string): readonly Finding[] {
  const sum = calculate(question);
  if (sum === undefined) return [];
  const call: SimServerCall = {
    kind: "code_execution",
    input: { code: `print(${sum.code})` },
    output: `${sum.value}\n`,
  };
  return [{ call, claims: [], remark: `Calculated: ${sum.code} = ${sum.value}.` }];
}

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** True for a name, or a domain under one, that the filters let through. An empty list allows all. */
function isKept(name: string, allowed: readonly string[], excluded: readonly string[]): boolean {
  const isIn = (list: readonly string[]): boolean =>
    list
      .map((entry) => entry.replace(/^@/, "").toLowerCase())
      .some((entry) => name === entry || name.endsWith(`.${entry}`));
  return (allowed.length === 0 || isIn(allowed)) && !isIn(excluded);
}

/** A number below 2^32 that is always the same for a text (FNV-1a). */
function hashOf(text: string): number {
  return [...Buffer.from(text)].reduce((hash, byte) => Math.imul(hash ^ byte, 16_777_619) >>> 0, 2_166_136_261);
}
