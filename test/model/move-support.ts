import type { AssistantMessage, ContentPart, Message } from "fairwitness";
import type { SimMessage, SimPart, SimRequest } from "fairwitness/sim";

/** What a conversation says, one fact after the other. */
export type Fact = readonly [kind: "text" | "image" | "call" | "arguments" | "result", value: string];

/** The facts of neutral messages, which must reach the server whatever the protocol is. */
export function factsOf(messages: readonly Message[]): readonly Fact[] {
  return messages.flatMap((message) => {
    switch (message.role) {
      case "assistant":
        return [...text(message.content), ...text(message.refusal ?? ""), ...callsOf(message)];
      case "tool":
        return [["result", plainId(message.callId)] as const, ...contentFacts(message.content)];
      default:
        return contentFacts(message.content);
    }
  });
}

/** The facts of a request as the simulator read it. */
export function factsRead({ messages }: SimRequest): readonly Fact[] {
  return messages.flatMap((message) => [
    ...(message.role === "tool" ? [["result", plainId(message.tool_call_id ?? "")] as const] : []),
    ...partsOf(message).flatMap(partRead),
    ...(message.tool_calls ?? []).flatMap(({ id, function: { name, arguments: written } }): readonly Fact[] => [
      ["call", `${plainId(id)} ${name}`],
      ["arguments", canonical(written)],
    ]),
  ]);
}

/** The facts that were not read in their order. A text may stand in a longer one, as a system message does. */
export function missing(told: readonly Fact[], read: readonly Fact[]): readonly Fact[] {
  let place = 0;
  let offset = 0;
  return told.filter(([kind, value]) => {
    for (let at = place; at < read.length; at++) {
      const [otherKind, other] = read[at] ?? ["", ""];
      if (otherKind !== kind) continue;
      const from = at === place ? offset : 0;
      const found = kind === "text" ? other.indexOf(value, from) : other === value && from === 0 ? 0 : -1;
      if (found === -1) continue;
      place = at;
      offset = found + Math.max(1, value.length);
      return false;
    }
    return true;
  });
}

function callsOf({ toolCalls = [] }: AssistantMessage): readonly Fact[] {
  return toolCalls.flatMap(({ id, tool, arguments: written }): readonly Fact[] => [
    ["call", `${plainId(id)} ${tool}`],
    ["arguments", canonical(written)],
  ]);
}

function contentFacts(content: string | readonly ContentPart[]): readonly Fact[] {
  if (typeof content === "string") return text(content);
  return content.flatMap((part) => {
    if (part.type === "text") return text(part.text);
    return [["image", part.url ?? part.fileId ?? ""] as const];
  });
}

/** Text without a word says nothing, and halves of characters go as the mark for them. */
function text(value: string): readonly Fact[] {
  return value.trim() === "" ? [] : [["text", mended(value)]];
}

function partsOf({ content }: SimMessage): readonly SimPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
}

function partRead(part: SimPart): readonly Fact[] {
  if (typeof part.text === "string") return text(part.text);
  const { image_url: image, file, file_url } = part as Readonly<Record<string, unknown>>;
  const place = image ?? file ?? file_url;
  const url = typeof place === "object" && place !== null && "url" in place ? place.url : place;
  return [["image", String(url)]];
}

/** The Messages protocol takes letters, digits, `_` and `-` in ids: what another id becomes is tested elsewhere. */
function plainId(id: string): string {
  return id.replace(/_x[0-9a-f]{2}|[^\w-]/g, "?");
}

/** Arguments by their value. What is no JSON of an object goes as none. */
function canonical(written: string): string {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? mended(JSON.stringify(value)) : "{}";
  } catch {
    return "{}"; // what a model wrote that is no JSON
  }
}

const mended = (value: string): string =>
  value.replace(/\\u[dD][89abAB][0-9a-f]{2}|\\ud[c-f][0-9a-f]{2}|\p{Surrogate}/gu, "\ufffd");
