import { type AnyTool, defineTool } from "fairwitness";
import { z } from "zod";
import type { ToolName } from "./job.ts";
import type { Happened } from "./world.ts";

/** Tools whose effects somebody else keeps account of. */
export function crashTools(act: (effect: Happened, signal: AbortSignal) => Promise<void> | void): readonly AnyTool[] {
  const tool = (name: ToolName, more: object = {}): AnyTool =>
    defineTool({
      name,
      description: `Does ${name}.`,
      input: z.object({ n: z.number() }),
      ...more,
      async execute({ n }, { key, signal }) {
        await act({ tool: name, key, n }, signal);
        return { done: name, n };
      },
    });
  return [
    tool("look", { effect: "read" }),
    tool("upsert", { effect: "idempotent" }),
    tool("pay", { effect: "write" }),
    tool("notify"),
    tool("refund", { effect: "write", approval: true }),
    tool("fetch", { effect: "read", origin: "external" }),
  ];
}
