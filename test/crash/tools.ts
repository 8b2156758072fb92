import { type AnyTool, defineTool } from "fairwitness";
import { z } from "zod";
import type { Points } from "./points.ts";

/** Tools whose effects happen in another process, which keeps account of them. */
export function crashTools(url: string, points: Points): readonly AnyTool[] {
  const tool = (name: string, more: object = {}): AnyTool =>
    defineTool({
      name,
      description: `Does ${name}.`,
      input: z.object({ n: z.number() }),
      ...more,
      async execute({ n }, { key, signal }) {
        points.at(`before the effect of ${name}`);
        const body = JSON.stringify({ tool: name, key, n });
        const answer = await fetch(`${url}/effect`, { method: "POST", body, signal });
        await answer.text();
        points.at(`behind the effect of ${name}`);
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
