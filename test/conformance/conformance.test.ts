import { checkEvents } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalise } from "./normalise.ts";
import { APIS, type Api, type Outcome, play, type Scenario } from "./scenario.ts";
import { answers } from "./scenarios-answers.ts";
import { runs } from "./scenarios-runs.ts";
import { tools } from "./scenarios-tools.ts";
import { scripts } from "./scripts.ts";

const all: readonly Scenario[] = [...answers, ...tools, ...runs];
const named = (scenarios: readonly Scenario[]): [string, Scenario][] =>
  scenarios.map((scenario) => [scenario.name, scenario]);

function checkPlayed({ ends, holds = [] }: Scenario, { events, record, result, unused }: Outcome): void {
  expect(checkEvents(events)).toEqual([]);
  expect(result).toMatchObject(ends);
  expect(record.map(({ type }) => type)).toEqual(expect.arrayContaining([...holds]));
  expect(unused).toEqual([]);
}

async function compare(scenario: Scenario, apis: readonly Api[]): Promise<readonly Outcome[]> {
  const outcomes = await Promise.all(apis.map((api) => play(scenario, api)));
  const [first, ...others] = outcomes.map(({ record }) => normalise(record));
  for (const other of others) expect(other).toEqual(first);
  return outcomes;
}

describe("one agent with three tools records the same over chat, Responses and Messages", () => {
  it.each(named(all))("for %s", async (_name, scenario) => {
    for (const outcome of await compare(scenario, scenario.apis ?? APIS)) checkPlayed(scenario, outcome);
  });

  it("for any script of a model that thinks, speaks, calls and is cut off", async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const outcomes = await compare({ name: "any", script, ends: { status: "completed" } }, APIS);
        for (const { events } of outcomes) expect(checkEvents(events)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("but for what was held back, which Messages calls a refusal", async () => {
    const { events, result } = await play(
      { name: "held back", script: [{ text: "Some", finishReason: "content_filter" }], ends: { status: "failed" } },
      "messages",
    );
    expect(checkEvents(events)).toEqual([]);
    expect(result).toMatchObject({ status: "failed", finishReason: "refusal", error: { code: "refused" } });
  });
});

describe("what only Messages can say", () => {
  it("is that the server paused: what it said so far is not taken for the answer", async () => {
    const { events, result } = await play(
      { name: "paused", script: [{ text: "Half of", finishReason: "pause_turn" }], ends: { status: "failed" } },
      "messages",
    );
    expect(checkEvents(events)).toEqual([]);
    expect(result).toMatchObject({
      status: "failed",
      text: "Half of",
      error: { code: "output_truncated", message: expect.stringContaining("(pause_turn)") },
    });
  });
});

describe("it records the same over chat and Messages of a proxy", () => {
  const spoken = all.filter(
    ({ apis = APIS, isWorded }) => isWorded !== true && apis.includes("chat") && apis.includes("messages"),
  );
  it.each(named(spoken))("for %s", async (_name, scenario) => {
    const outcomes = await compare({ ...scenario, profile: "proxy" }, ["chat", "messages"]);
    for (const outcome of outcomes) checkPlayed(scenario, outcome);
  });
});

describe("what the comparison leaves out", () => {
  it("is the protocol's name, its raw items, what it alone counts or says of the server, and nothing else", async () => {
    const { record } = await play(
      { name: "look", script: [{ text: "Done." }], ends: { status: "completed" } },
      "responses",
    );
    const kept = new Set(fieldsOf(normalise(record)));
    const gone = fieldsOf(record).filter((field) => !kept.has(field));
    expect(gone).toEqual([
      "run.started.api",
      "run.started.fingerprint.model",
      "turn.completed.message.raw",
      "turn.completed.serviceTier",
      "turn.completed.systemFingerprint",
      "turn.completed.usage.billedServerTools",
      "turn.completed.usage.contextTokens",
      "turn.completed.usage.serverToolCalls",
      "turn.completed.usage.sourcesUsed",
    ]);
  });
});

/** The fields of events by name, and those of the objects in them. */
function fieldsOf(events: readonly unknown[]): readonly string[] {
  const fields = (events as readonly Fields[]).flatMap((event) =>
    Object.entries(event).flatMap(([name, value]) => [
      `${event.type}.${name}`,
      ...Object.keys(typeof value === "object" && value !== null ? value : {}).map(
        (inner) => `${event.type}.${name}.${inner}`,
      ),
    ]),
  );
  return [...new Set(fields)].sort();
}

// Every event has a type, and other fields.
type Fields = { type: string } & Readonly<Record<string, unknown>>;
