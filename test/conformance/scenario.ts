import {
  type AgentTool,
  createAgent,
  createClient,
  type JsonSchema,
  type Message,
  type ModelSettings,
  type Run,
  type RunEvent,
  type RunInput,
  type RunLimits,
  type RunResult,
  type StoredEvent,
} from "fairwitness";
import type { SimRequest, Simulator } from "fairwitness/sim";
import { type SimTurn, startScript } from "fairwitness/testing";
import { systemClock } from "../../src/clock.ts";
import { png } from "../support/images.ts";
import { threeTools } from "./tools.ts";

export type Api = "chat" | "responses" | "messages";
export const APIS: readonly Api[] = ["chat", "responses", "messages"];

/** What one agent is asked and what the model answers, whatever protocol it is asked over. */
export interface Scenario {
  name: string;
  /** The same for every protocol, but where a turn is written in frames of the protocol itself. */
  script: readonly SimTurn[] | ((api: Api) => readonly SimTurn[]);
  /** Default `Go.` A function is given the id of a file that was uploaded. */
  input?: RunInput | ((fileId: string) => RunInput);
  messages?: readonly Message[];
  instructions?: string;
  /** Default: the three tools. */
  tools?: (world: World) => readonly AgentTool[];
  output?: JsonSchema;
  settings?: ModelSettings;
  limits?: RunLimits;
  correctionBudget?: number;
  /** Default `xai`. */
  profile?: "xai" | "proxy";
  /** The record holds the server's own words of an error, of which a proxy has others for each protocol. */
  isWorded?: boolean;
  /** Default: all three. Fewer where one has no word for what the scenario is about. */
  apis?: readonly Api[];
  /** Called as soon as the run has begun. */
  drive?: (run: Run<unknown>) => void;
  /** What the run comes to, so that three equal failures are no success. */
  ends: Partial<RunResult> & Pick<RunResult, "status">;
  /**
   * What the server counts, where one protocol says the same in other words and so in other tokens: a turn that does not say
   * it itself.
   */
  promptTokens?: number;
  /** Kinds of events that the record must hold. */
  holds?: readonly StoredEvent["type"][];
}

/** What the tools of a run can reach. */
export interface World {
  run?: Run<unknown>;
}

/** What came of a scenario over one protocol. */
export interface Outcome {
  events: readonly RunEvent[];
  record: readonly StoredEvent[];
  result: RunResult;
  /** The requests as the simulator read them. */
  asked: readonly SimRequest[];
  /** Scripted turns that nobody asked for. */
  unused: readonly SimTurn[];
}

const START = Date.UTC(2026, 10, 20);

/** Runs a scenario. Time stands still, and ids are always the same: what differs is the protocol's doing. */
export async function play(scenario: Scenario, api: Api): Promise<Outcome> {
  const { script, profile, tools = threeTools } = { profile: "xai" as const, ...scenario };
  const turns = counted(typeof script === "function" ? script(api) : script, scenario.promptTokens);
  const asked: SimRequest[] = [];
  let next = 0;
  await using simulator = await startScript(
    (request) => {
      asked.push(request);
      return turns[next++];
    },
    { profile },
  );
  const world: World = {};
  const agent = createAgent({
    name: "conformer",
    model: simulator.model("grok-4.7", { api }),
    tools: tools(world),
    runtime: {
      clock: { now: () => START, monotonic: () => 0, after: systemClock.after },
      createId: () => "same",
      random: () => 0,
    },
    ...given(scenario, ["instructions", "output", "settings", "limits", "correctionBudget"]),
  });
  const run = agent.stream(await inputOf(scenario, simulator), given(scenario, ["messages"]));
  world.run = run;
  scenario.drive?.(run);
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, record: run.record, result: await run.result(), asked, unused: turns.slice(next) };
}

async function inputOf({ input = "Go." }: Scenario, { apiKey, url: baseURL }: Simulator): Promise<RunInput> {
  if (typeof input !== "function") return input;
  const file = await createClient({ apiKey, baseURL }).files.upload(png(), {
    filename: "a.png",
    mediaType: "image/png",
  });
  return input(file.id);
}

function counted(turns: readonly SimTurn[], promptTokens: number | undefined): readonly SimTurn[] {
  if (promptTokens === undefined) return turns;
  return turns.map((turn) => (turn.usage === undefined ? { ...turn, usage: { promptTokens } } : turn));
}

function given<K extends keyof Scenario>(scenario: Scenario, names: readonly K[]): Pick<Scenario, K> {
  const set = names.filter((name) => scenario[name] !== undefined).map((name) => [name, scenario[name]]);
  return Object.fromEntries(set) as Pick<Scenario, K>; // exactly the fields that were picked
}
