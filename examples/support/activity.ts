import { contentText, type RunEvent, type ToolCall } from "fairwitness";
import { printable } from "./printable.ts";

/** Prints what a run does, as it does it: one line for each thing that happened, the answer as it is written. */
export function createActivityLog(
  write: (text: string) => void = (text) => void process.stdout.write(text),
): (event: RunEvent) => void {
  let isInText = false;
  const line = (text: string): void => {
    write(`${isInText ? "\n" : ""}${text}\n`);
    isInText = false;
  };
  return (event: RunEvent): void => {
    if (event.type === "text.delta") {
      isInText = true;
      write(printable(event.delta));
      return;
    }
    const text = describe(event);
    if (text !== undefined) line(text);
  };
}

function describe(event: RunEvent): string | undefined {
  switch (event.type) {
    case "turn.started":
      return `turn ${event.turn}`;
    case "turn.retrying":
      return `  attempt ${event.attempt} failed: ${event.error.message}; again in ${Math.round(event.delayMs)} ms`;
    case "tool.input":
      return `  ${nameOf(event.call)} asked by the model: ${printable(JSON.stringify(event.call.input) ?? "(not disclosed)")}`;
    case "tool.executing":
      return `  ${nameOf(event.call)} ${event.phase ?? `runs here (effect: ${event.effect ?? "undeclared"})`}`;
    case "tool.approval.requested":
      return `  ${nameOf(event.call)} waits for a decision: ${REASONS[event.reason]}`;
    case "tool.approval.resolved": {
      const why = event.reason === undefined ? "" : `: ${printable(event.reason)}`;
      return `  ${nameOf(event.call)} ${event.decision} by ${printable(event.who ?? event.by)}${why}`;
    }
    case "run.resumed":
      return "resumed: what is on record is not done again";
    case "run.paused":
      return "paused: the record is kept, and the process need not stay";
    case "tool.completed": {
      const time = event.durationMs === undefined ? "" : ` after ${Math.round(event.durationMs)} ms (${event.timing})`;
      return `  ${nameOf(event.call)} ${event.outcome}${time}: ${printable(cameBack(event))}`;
    }
    case "citation":
      return `  cites ${printable(event.source.url ?? event.source.id)}`;
    case "policy.violation":
    case "warning":
      return `  ! ${printable(event.message)}`;
    case "turn.completed":
      return `  turn ${event.turn} took ${Math.round(event.timing.totalMs)} ms (${event.finishReason})`;
    default:
      return undefined;
  }
}

const REASONS = {
  approval: "its tool asks for it",
  untrusted: "text from outside has entered the run",
  unknown_outcome: "nobody knows whether it happened",
} as const;

/** Who runs a tool is never left open. */
function nameOf(call: ToolCall): string {
  const action = call.executor === "server" && call.action !== undefined ? `/${call.action}` : "";
  return `[${call.executor}] ${printable(call.tool + action)}`;
}

function cameBack(event: Extract<RunEvent, { type: "tool.completed" }>): string {
  if (event.call.executor === "client") return contentText(event.content);
  if (event.error !== undefined) return event.error.message;
  const output =
    event.visibility === "full" ? JSON.stringify(event.output) : `output ${event.visibility.replace("_", " ")}`;
  if (!event.call.kind.endsWith("search")) return output;
  return `${event.sources === undefined ? "sources not disclosed" : `${event.sources.length} sources`}, ${output}`;
}
