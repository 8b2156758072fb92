import { createAgent, defineTool, type Message, type RunEvent, type RunResult, type StoredEvent } from "fairwitness";
import { checkEvents, type SimScript, type SimToolCall, startScript } from "fairwitness/testing";
import { expect } from "vitest";
import { z } from "zod";
import type { Api } from "./cuts-play.ts";

export const APIS: readonly Api[] = ["chat", "responses", "messages"];

/** What a run over the simulator came to. */
export interface Asked {
  result: RunResult;
  record: readonly StoredEvent[];
  events: readonly RunEvent[];
  /** What the handlers of `get_weather` were given, in order. */
  ran: readonly unknown[];
  /** The bodies of the requests that were sent. */
  requests: readonly unknown[];
}

/** Asks an agent with one tool, on one protocol, over HTTP, of a simulator that is as strict as xAI. */
export async function ask(api: Api, script: SimScript, messages: readonly Message[] = []): Promise<Asked> {
  await using simulator = await startScript(script);
  const ran: unknown[] = [];
  const getWeather = defineTool({
    name: "get_weather",
    description: "Current weather in a city.",
    input: z.object({ city: z.string() }),
    execute: (input) => {
      ran.push(input);
      return "sunny";
    },
  });
  const model = simulator.model("grok-4.7", { api });
  const agent = createAgent({ name: "turns", model, tools: [getWeather], runtime: { random: () => 0 } });
  const run = agent.stream("Go.", { messages });
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  const result = await run.result();
  return { result, record: run.record, events, ran, requests: simulator.requests.map(({ body }) => body) };
}

/** The attempts that were given up, by the codes of their errors. */
export function givenUp({ record }: Pick<Asked, "record">): string[] {
  return record.flatMap((event) =>
    event.type === "turn.retrying" || event.type === "turn.failed" ? event.error.code : [],
  );
}

/** A call of the tool. */
export function weather(city: string, id?: string): SimToolCall {
  return { name: "get_weather", arguments: { city }, ...(id === undefined ? {} : { id }) };
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of the wire, of every shape
export type Wire = any;
