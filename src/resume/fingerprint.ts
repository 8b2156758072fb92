import { canonicalJson, sha256Of } from "../digest.ts";
import { AgentError } from "../errors.ts";
import type { Fingerprint } from "../event/index.ts";
import type { Toolbox } from "../tool/index.ts";

/** What a run is made of. */
export interface RunMakeup {
  model: { readonly id: string };
  toolbox: Toolbox;
  /** A text; instructions that a function gives are no part of it. */
  instructions?: string | undefined;
  /** The JSON Schema that answers must fit. */
  output?: unknown;
}

export async function fingerprintOf({ model, toolbox, instructions, output }: RunMakeup): Promise<Fingerprint> {
  const own = toolbox.declarations.map((declared) => ({ ...declared, effect: toolbox.get(declared.name)?.effect }));
  // Keys of MCP servers are kept by a function, which is no data: one that was renewed makes no other tool.
  const served = toolbox.serverTools.map((tool) => JSON.parse(JSON.stringify(tool)) as unknown);
  const tools = await sha256Of(canonicalJson({ own, served }));
  // The protocol is no part of it: a conversation moves between them.
  const fingerprint: Fingerprint = { model: model.id, tools };
  if (instructions !== undefined) fingerprint.instructions = await sha256Of(instructions);
  if (output !== undefined) fingerprint.output = await sha256Of(canonicalJson(output));
  return fingerprint;
}

/** The parts in which two differ. A record that has none, from before there were any, says nothing against anything. */
export function changesBetween(before: Fingerprint | undefined, now: Fingerprint): readonly (keyof Fingerprint)[] {
  if (before === undefined) return [];
  return PARTS.filter((part) => before[part] !== now[part]);
}

const PARTS: readonly (keyof Fingerprint)[] = ["model", "tools", "instructions", "output"];

export function changed(runId: string, parts: readonly string[]): AgentError {
  return new AgentError(
    "run_changed",
    `The run ${runId} was begun with another ${parts.join(" and ")}. Resume it with the agent that began it; ` +
      'or with { changed: "continue" } to go on with this one, or { changed: "pin" } to keep the model and the instructions it was begun with.',
  );
}
