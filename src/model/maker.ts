import type { Message, RawItems, ServerToolKind } from "../message/index.ts";
import { describeModel } from "./capabilities.ts";
import { isObject } from "./json.ts";
import { calledTool } from "./server-call-kind.ts";

/**
 * Who makes the encrypted items of a model, and who can read them: the provider by the host (`xai` for xAI's own, wherever
 * in the world), the family by the name without its version (`grok-4.7` and `grok-4.3` are `grok-4`). A retired name is
 * the model that answers for it.
 */
export function makerOf(model: string, baseUrl: string): Pick<RawItems, "provider" | "family"> {
  const host = hostOf(baseUrl);
  const isXai = host === "x.ai" || host.endsWith(".x.ai");
  const facts = describeModel(model);
  return { provider: isXai ? "xai" : host, family: familyOf(facts?.retired?.target ?? facts?.id ?? model) };
}

/** The host of an endpoint's base URL. */
export function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).hostname : baseUrl;
}

function familyOf(name: string): string {
  return /^(grok-(?:[a-z]+|\d+))(?=[.-]|$)/.exec(name)?.[1] ?? name;
}

/** Kinds of server tools that the conversation's earlier answers called: what is cited now may rest on what they found. */
export function calledBefore(messages: readonly Message[]): ReadonlySet<ServerToolKind> {
  const kinds = new Set<ServerToolKind>();
  for (const message of messages) {
    if (message.role !== "assistant" || message.raw === undefined) continue;
    for (const item of message.raw.items) {
      const called = isObject(item) ? calledTool(item, []) : undefined;
      if (called !== undefined) kinds.add(called.kind);
    }
  }
  return kinds;
}
