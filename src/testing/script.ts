import { AssertionError } from "node:assert";
import { type ClientModelOptions, createClient } from "../client/index.ts";
import type { Model } from "../model/index.ts";
import { type SimScript, type Simulator, type SimulatorOptions, startSimulator } from "../sim/index.ts";

/** A simulated xAI that says what a test wants it to say. */
export interface ScriptedSimulator extends Simulator {
  /** A model for `createAgent` that this simulator answers for, as `client.model` makes it. Default `grok-4.7`, with api `auto`. */
  model(name?: string, options?: ClientModelOptions): Model;
  /** @throws {AssertionError} when scripted turns are left over: the agent stopped earlier than the script. */
  assertComplete(): void;
}

/**
 * Starts a real HTTP server on this machine that speaks chat completions, the Responses API and the Messages protocol, as strictly as xAI, and answers from `script`.
 * Close it, or declare it with `await using`.
 */
export async function startScript(
  script: SimScript,
  options: Omit<SimulatorOptions, "script"> = {},
): Promise<ScriptedSimulator> {
  const simulator = await startSimulator({ ...options, script });
  const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
  return {
    ...simulator,
    model: (name = "grok-4.7", given = {}) => client.model(name, given),
    assertComplete() {
      const unused = simulator.unused();
      if (unused.length === 0) return;
      const message = `${unused.length} scripted turns were not asked for; the first of them: ${JSON.stringify(unused[0])}`;
      throw new AssertionError({ message, actual: unused, expected: [] });
    },
  };
}
