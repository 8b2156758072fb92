import { AgentError, type AgentTool, defineTool, imagePart } from "fairwitness";
import { z } from "zod";
import { png } from "../support/images.ts";
import type { World } from "./scenario.ts";

const DEEDS = ["fine", "throw", "explain", "wait", "much", "picture", "half", "steer", "cancel", "progress"] as const;

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]).default("celsius") }),
  effect: "read",
  execute: ({ city, unit }) => ({ city, temperature: city.length, unit }),
});

const getTime = defineTool({
  name: "get_time",
  description: "The time of day.",
  input: z.object({}),
  effect: "read",
  execute: () => "12:00",
});

type ActOptions = { endsRun?: boolean; onError?: "fail"; timeoutMs?: number; maxOutputBytes?: number };

function act(world: World, options: ActOptions): AgentTool {
  return defineTool({
    name: "act",
    description: "Does what it is told.",
    input: z.object({ deed: z.enum(DEEDS) }),
    effect: "write",
    ...options,
    async execute({ deed }, tool): Promise<{ deed: string; text?: string }> {
      switch (deed) {
        case "throw":
          throw new Error("a secret detail");
        case "explain":
          throw new AgentError("tool_failed", "The door is locked. Use the key.");
        case "wait":
          await new Promise<void>((resolve) => tool.signal.addEventListener("abort", () => resolve(), { once: true }));
          return { deed };
        case "much":
          return { deed, text: "many words ".repeat(100) };
        case "half":
          return { deed, text: "half \ud83d of it" };
        case "steer":
          void world.run?.steer("Be brief.");
          return { deed };
        case "cancel":
          void world.run?.cancel("enough");
          return { deed };
        case "progress":
          tool.progress({ half: true });
          return { deed };
        default:
          return { deed };
      }
    },
    toModel: ({ deed, text }) =>
      deed === "picture" ? [{ type: "text", text: "A picture" }, imagePart(png())] : { deed, text },
  });
}

/** The tools of the one agent. */
export function threeTools(world: World): readonly AgentTool[] {
  return [getWeather, getTime, act(world, {})];
}

/** The same, of which the last is declared otherwise. */
export function toolsWith(options: ActOptions): (world: World) => readonly AgentTool[] {
  return (world) => [getWeather, getTime, act(world, options)];
}
