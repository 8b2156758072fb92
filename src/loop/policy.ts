import type { NewEvent } from "../event/index.ts";
import type { Citation } from "../message/index.ts";
import { brokenRule, type ServerTool } from "../tool/index.ts";

/** Citations that the agent's own search options do not allow: xAI filters what it finds, and this checks that it did. */
export function policyViolations(
  tools: readonly ServerTool[],
  citations: readonly Citation[],
  turn: number,
): readonly NewEvent[] {
  const told = new Set<string>();
  return citations.flatMap(({ source }): NewEvent[] => {
    const broken = told.has(source.id) ? undefined : brokenRule(source, tools);
    if (broken === undefined) return [];
    told.add(source.id);
    return [{ type: "policy.violation", turn, rule: broken.rule, source, message: broken.message }];
  });
}
