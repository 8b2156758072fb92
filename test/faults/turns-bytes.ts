import { expect } from "vitest";
import { goodAnswers, ownAnswers } from "./cuts-own.ts";
import { type Answer, type Api, type End, type Played, play } from "./cuts-play.ts";
import type { Wire } from "./turns-support.ts";

const goodFor = {
  chat: await goodAnswers("chat"),
  responses: await goodAnswers("responses"),
  messages: await goodAnswers("messages"),
};

/** Our own turns as they came over the wire. */
export const own: Readonly<Record<Api, readonly Answer[]>> = {
  chat: await ownAnswers("chat"),
  responses: await ownAnswers("responses"),
  messages: await ownAnswers("messages"),
};

export function ownAnswer(api: Api, name: string): Answer {
  const found = own[api].find((answer) => answer.name === name);
  return found ?? expect.fail(`no answer named ${name}`);
}

/** A run that is given these bytes first, and a good answer after that. */
export function playBytes(answer: Answer, bytes: Uint8Array, end: End = "clean"): Promise<Played> {
  const { contentType, api } = answer;
  const next = { contentType, end: "clean", bytes: goodFor[api](answer).bytes } as const;
  return play(answer, [{ contentType, end, bytes }, next], { isRead: true });
}

/** The same with the events of an answer changed one by one. */
export function playEdited(answer: Answer, edit: Edit): Promise<Played> {
  return playBytes(answer, editFrames(answer.bytes, edit));
}

/** What becomes of an event: events as JSON, or text that is no JSON. */
export type Edit = (json: Wire, index: number) => readonly unknown[];

/** Changes the events of a stream; `[DONE]` stays. */
export function editFrames(bytes: Uint8Array, edit: Edit): Uint8Array {
  const frames = new TextDecoder()
    .decode(bytes)
    .split("\n\n")
    .filter((frame) => frame !== "");
  const edited = frames.flatMap((frame, index) => {
    const name = /^event: .*\n/.exec(frame)?.[0] ?? "";
    const data = frame.slice(name.length + "data: ".length);
    if (data === "[DONE]") return [frame];
    const items = edit(JSON.parse(data), index);
    return items.map((json) => `${name}data: ${typeof json === "string" ? json : JSON.stringify(json)}`);
  });
  return new TextEncoder().encode(edited.map((frame) => `${frame}\n\n`).join(""));
}
