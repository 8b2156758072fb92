import { type FoundBy, formatCost, formatTurnUsage, formatUsage } from "../message/index.ts";
import { isSearch } from "./asked.ts";
import { withFootnotes, withoutPlace } from "./evidence-answer.ts";
import type { Evidence, EvidenceCall, EvidenceSource } from "./evidence-data.ts";
import { codeBlock, codeSpan, linkTo, plainMarkdown } from "./markdown-text.ts";

/**
 * The evidence as a report in Markdown (GitHub's, which has footnotes): the answer with a footnote at each cited place,
 * then every claim with its source and the call that found it, every call with what it was asked, and what it cost. Text of
 * models and pages is shown, never obeyed.
 */
export function formatEvidence(evidence: Evidence): string {
  const { calls } = evidence;
  const sections = [
    heading(evidence),
    answer(evidence),
    list("Claims", claims(evidence)),
    list(
      "What ran at xAI",
      calls.filter(({ executor }) => executor === "server").map((call) => callLine(call, evidence)),
    ),
    list(
      "What ran here",
      calls.filter(({ executor }) => executor === "client").map((call) => callLine(call, evidence)),
    ),
    list("Found, but not cited", unused(evidence)),
    list("Cited, but in no result on record", unseen(evidence)),
    list(
      "Against the agent's own search options",
      evidence.violations.map(({ rule, message }) => `${codeSpan(rule)}: ${plainMarkdown(message)}`),
    ),
    list("Cost", costs(evidence)),
    evidence.sources.flatMap((found) => footnote(found, evidence)).join("\n"),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function heading({ runId, agent, model, servedModel, status, startedAt, simulated, question }: Evidence): string {
  const served = servedModel === undefined || servedModel === model ? "" : ` (served by ${codeSpan(servedModel)})`;
  const facts = [codeSpan(agent), `${codeSpan(model)}${served}`, status, new Date(startedAt).toISOString()];
  return [
    `# Evidence for ${codeSpan(runId)}`,
    simulated ? "**Simulated: a simulator answered, not a model. Its sources do not exist.**" : "",
    question === undefined ? "" : `Asked: ${plainMarkdown(question)}`,
    facts.join(" · "),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function answer({ texts, sources, status }: Evidence): string {
  if (texts.length === 0) return "## Answer\n\nNo turn was completed with a text.";
  const parts = texts.map((entry, index) => {
    const isAnswer = index === texts.length - 1;
    const title = isAnswer
      ? status === "completed"
        ? "## Answer"
        : `## Last text (the run is ${status})`
      : `## Said in turn ${entry.turn}`;
    const placeless = withoutPlace(entry.turn, sources).map((number) => `[^${number}]`);
    const rest = placeless.length === 0 ? "" : `\n\nCited without a place in the text: ${placeless.join(" ")}`;
    return `${title}\n\n${quote(withFootnotes(entry, sources))}${rest}`;
  });
  return parts.join("\n\n");
}

/** As a quotation: it ends whatever the text leaves open, such as a fence of code. */
function quote(text: string): string {
  return text.replace(/^/gm, "> ").replace(/^> $/gm, ">");
}

function claims(evidence: Evidence): readonly string[] {
  return evidence.sources.flatMap((found) =>
    found.citedAt.map(({ claim, turn }) => {
      const said = claim === undefined ? `Turn ${turn}, without a place in the text` : `“${plainMarkdown(claim)}”`;
      return [`${said}[^${found.number}]`, `${sourceText(found)}`, finders(found.foundBy, evidence)].join("\n  - ");
    }),
  );
}

function sourceText({ source }: EvidenceSource): string {
  const title = source.title === undefined ? "" : `${plainMarkdown(source.title)} `;
  return `Source (${TYPES[source.type]}): ${title}${source.url === undefined ? codeSpan(source.fileId ?? source.id) : linkTo(source.url)}`;
}

const TYPES = { web: "web", x_post: "X post", x_user: "X user", file: "file" } as const;

function finders(foundBy: readonly FoundBy[], { calls }: Evidence): string {
  if (foundBy.length === 0) return "Found by: not known which call";
  const named = foundBy.map(({ callId, basis }) => {
    const call = calls.find((candidate) => candidate.callId === callId);
    return `${call === undefined ? codeSpan(callId) : callName(call)} (${basis})`;
  });
  return `Found by: ${named.join("; ")}`;
}

function callName({ tool, action, query, turn }: EvidenceCall): string {
  const name = action === undefined || action === tool ? tool : `${tool}/${action}`;
  return `turn ${turn} ${codeSpan(name)}${query === undefined ? "" : ` ${firstLine(query)}`}`;
}

/** Code does not survive on one line: what follows its first is in the list of calls. */
function firstLine(text: string): string {
  const [first = "", ...rest] = text.trim().split("\n");
  return codeSpan(rest.length === 0 ? first : `${first} …`);
}

function callLine(call: EvidenceCall, evidence: Evidence): string {
  const filters = Object.entries(call.filters).map(([name, value]) => codeSpan(`${name}: ${JSON.stringify(value)}`));
  const asked = [...filters, ...(call.inputText === undefined ? [] : [codeSpan(call.inputText)])];
  const isSilent = call.query === undefined && asked.length === 0;
  const input = isSilent && call.executor === "server" ? "input not disclosed" : asked.join(" ");
  const facts = [callName(call), input, outcomeText(call), foundText(call, evidence)].filter((part) => part !== "");
  return [facts.join(" · "), ...blocks(call)].join("\n");
}

/** Code of more than a line, and what came back where the record holds it: as the continuation of a list's item. */
function blocks(call: EvidenceCall): readonly string[] {
  const { query = "" } = call;
  const code = query.trim().includes("\n") ? [codeBlock(query)] : [];
  const back = cameBack(call);
  return [...code, ...(back === "" ? [] : [`- Came back: ${back}`])].map((block) => block.replace(/^/gm, "  "));
}

function cameBack({ output, outputArtifact: kept }: EvidenceCall): string {
  if (kept !== undefined) {
    const where = kept.dropped === true ? "not kept" : `beside the record as ${codeSpan(kept.sha256)}`;
    return `${kept.bytes} bytes of ${codeSpan(kept.mediaType)}, ${where}`;
  }
  const text = output === undefined ? "" : JSON.stringify(output);
  const shown = text.length > MAX_OUTPUT ? `${text.slice(0, MAX_OUTPUT).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return shown === "" ? "" : codeSpan(shown);
}

function outcomeText({ outcome, error, durationMs, timing }: EvidenceCall): string {
  const time = durationMs === undefined || timing === undefined ? "" : ` in ${Math.round(durationMs)} ms (${timing})`;
  const why = error === undefined ? "" : `: ${plainMarkdown(error.message)}`;
  return `${outcome ?? "still open"}${time}${why}`;
}

function foundText({ executor, kind, found, outcome, cited }: EvidenceCall, { sources }: Evidence): string {
  if (executor === "client" || outcome !== "ok") return "";
  const notes = sources.filter(({ source }) => cited.includes(source.id)).map(({ number }) => `[^${number}]`);
  const citedText = notes.length === 0 ? "" : `, cited ${notes.join("")}`;
  if (found !== undefined) return `found ${found.length === 0 ? "nothing" : found.length}${citedText}`;
  if (!isSearch(kind) && notes.length === 0) return "";
  return `sources not disclosed${citedText}`;
}

/** Characters of an output that a report shows. */
const MAX_OUTPUT = 500;

function unused({ sources, ...evidence }: Evidence): readonly string[] {
  return sources
    .filter(({ citedAt }) => citedAt.length === 0)
    .map((found) => `${sourceText(found)}\n  - ${finders(found.foundBy, { sources, ...evidence })}`);
}

function unseen({ sources }: Evidence): readonly string[] {
  return sources
    .filter(({ citedAt, seen }) => citedAt.length > 0 && seen !== "reported")
    .map((found) => {
      const why = found.seen === "never" ? "no call found it" : "xAI does not disclose the sources of every call";
      return `${sourceText(found)}[^${found.number}]: ${why}`;
    });
}

function costs({ turns, usage, cost, failedAttempts }: Evidence): readonly string[] {
  const perTurn = turns.map(({ turn, usage: used, cost: spent, totalMs }) => {
    const tokens = formatTurnUsage(used);
    const counts = Object.entries(used?.billedServerTools ?? {}).filter(([, count]) => count > 0);
    const billed = counts.map(([name, count]) => `${codeSpan(name)} ${count}`);
    return [`Turn ${turn}: ${formatCost(spent)}`, tokens, ...billed, `${Math.round(totalMs)} ms`].join(" · ");
  });
  const basis = cost.basis === "unknown" ? "" : ` (${cost.basis})`;
  const failed =
    failedAttempts === 0 ? [] : [`${failedAttempts} failed ${failedAttempts === 1 ? "attempt" : "attempts"}`];
  return [...perTurn, [`Total: ${formatCost(cost)}${basis}`, `tokens: ${formatUsage(usage)}`, ...failed].join(" · ")];
}

function footnote(found: EvidenceSource, evidence: Evidence): readonly string[] {
  if (found.number === undefined) return [];
  return [`[^${found.number}]: ${sourceText(found)}. ${finders(found.foundBy, evidence)}.`];
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `## ${title}\n\n${items.map((item) => `- ${item}`).join("\n")}`;
}
