/** Whether an event tells of a call to the tool of that name that `Tool.is` promises: see there. */
export function isEventOf(tool: string, event: object): boolean {
  const { type, call, outcome, issues, outputArtifact } = event as EventParts; // any of them may be missing or of another type
  if (typeof call !== "object" || call === null) return false;
  const { kind, tool: called } = call as { kind?: unknown; tool?: unknown };
  if (kind !== "function" || called !== tool) return false;
  switch (type) {
    case "tool.input":
      return issues === undefined && "input" in call;
    case "tool.executing":
      return true;
    case "tool.completed":
      return outcome === "ok" && outputArtifact === undefined;
    default:
      return false;
  }
}

interface EventParts {
  type?: unknown;
  call?: unknown;
  outcome?: unknown;
  issues?: unknown;
  outputArtifact?: unknown;
}
