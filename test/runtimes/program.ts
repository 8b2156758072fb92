// What is run on every runtime: nothing in it is of one of them.
import { createAgent, createClient, defineTool, webSearch } from "fairwitness";
import { z } from "zod";

/** Where a simulator is, which Node runs. */
export interface Place {
  baseURL: string;
  apiKey: string;
}

/** What came of it; the same everywhere. */
export interface Outcome {
  text: string;
  deltas: string;
  calls: readonly string[];
  outputs: readonly unknown[];
  citations: number;
  refused: string;
  cancelled: string;
  /** Requests that went over the global `fetch`. */
  fetched: number;
}

export async function runProgram({ baseURL, apiKey }: Place): Promise<Outcome> {
  const fetched = countFetches();
  const client = createClient({ apiKey, baseURL, retry: { attempts: 1 } });
  const getWeather = defineTool({
    name: "get_weather",
    description: "Current weather in a city.",
    input: z.object({ city: z.string() }),
    effect: "read",
    execute: ({ city }) => ({ city, celsius: 21 }),
  });
  const scout = createAgent({ name: "scout", model: client.model("grok-4.7"), tools: [getWeather] });
  const run = scout.stream("What is the weather in Lisbon?");
  let deltas = "";
  for await (const event of run) if (event.type === "text.delta") deltas += event.delta;
  const result = await run.result();

  const reader = createAgent({ name: "reader", model: client.model("grok-4.7"), tools: [webSearch()] });
  const { citations } = await reader.run("Search the web: what is the wind in Lisbon?");

  const stranger = createClient({ apiKey: "sim_stranger", baseURL, retry: { attempts: 1 } });
  const refused = await stranger.models.list().then(
    () => "it was not refused",
    (error: { code?: string }) => error.code ?? "no code",
  );
  const stopped = scout.stream("What is the weather in Oslo?");
  for await (const event of stopped) if (event.type === "turn.started") break;
  return {
    text: result.text,
    deltas,
    calls: result.toolCalls.map(({ call }) => call.tool),
    outputs: result.toolCalls.map((entry) => entry.output),
    citations: citations.length,
    refused,
    cancelled: (await stopped.result()).status,
    fetched: fetched(),
  };
}

/** Where there is no Node, the global `fetch` is looked up at every request. */
function countFetches(): () => number {
  const plain = globalThis.fetch;
  let count = 0;
  globalThis.fetch = (...given) => {
    count += 1;
    return plain(...given);
  };
  return () => count;
}
