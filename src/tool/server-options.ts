import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import { nearestName } from "./names.ts";

/** Options as they were handed in: nothing about them is known until it was looked at. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** What a server tool takes, and what its options are called elsewhere. */
export interface OptionNames {
  /** The function that makes the tool, for errors. */
  maker: string;
  options: readonly string[];
  /** Names from the wire and from other libraries: an option of ours, or a sentence that says what to do. */
  habits: Readonly<Record<string, string>>;
}

/**
 * The options of a server tool, all of known names.
 * @throws {AgentError} `invalid_tool` naming the option and the one that is meant.
 */
export function readOptions(given: unknown, names: OptionNames): GivenOptions {
  if (given === undefined) return ownOptions({});
  const { maker, options, habits } = names;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const what = given === null ? "null" : Array.isArray(given) ? "a list" : `a ${typeof given}`;
    throw refusal(maker, `takes one object${options.length > 0 ? ` with ${options.join(", ")}` : ""}, not ${what}`);
  }
  for (const key of Object.keys(given)) {
    if (!options.includes(key)) throw unknownOption(key, maker, options, Object.hasOwn(habits, key) ? habits[key] : "");
  }
  return ownOptions(given) as GivenOptions; // an object; each value is looked at by whoever takes it
}

function unknownOption(key: string, maker: string, options: readonly string[], habit = ""): AgentError {
  const shown = JSON.stringify(key.slice(0, 80));
  if (options.includes(habit)) return refusal(maker, `has ${shown}, which is called "${habit}" here. Rename it`);
  if (habit !== "") return refusal(maker, `has no option ${shown}. ${habit}`);
  if (options.length === 0) return refusal(maker, `has no option ${shown}. It takes none`);
  const near = nearestName(key, options);
  return refusal(
    maker,
    `has no option ${shown}. ${near === undefined ? `Options: ${options.join(", ")}` : `Did you mean "${near}"?`}`,
  );
}

/** Reads one option at a time. Every error names the tool and the option. */
export interface OptionReader {
  flag(option: string): boolean | undefined;
  choice<T extends string>(option: string, choices: readonly T[]): T | undefined;
  /** A whole number from 1. */
  count(option: string): number | undefined;
  /** A text that is not empty. */
  text(option: string): string | undefined;
  /** A list that is not empty, each entry read by `read`, none twice; frozen. */
  list(option: string, max: number, read: (text: string, place: string) => string): readonly string[] | undefined;
  /** Refuses both of two options. */
  either(one: string, other: string): void;
}

export function createReader(maker: string, given: GivenOptions): OptionReader {
  const fail = (option: string, rule: string): AgentError => {
    return refusal(maker, `has ${option} ${shown(given[option])}. ${rule}`);
  };
  return {
    flag(option) {
      const value = given[option];
      if (value === undefined || typeof value === "boolean") return value;
      throw fail(option, "It takes true or false");
    },
    choice<T extends string>(option: string, choices: readonly T[]): T | undefined {
      const value = given[option];
      const chosen = choices.find((choice) => choice === value);
      if (value === undefined || chosen !== undefined) return chosen;
      throw fail(option, `It takes ${choices.map((choice) => `"${choice}"`).join(", ")}`);
    },
    count(option) {
      const value = given[option];
      if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value) && value >= 1)) return value;
      throw fail(option, "It takes a whole number from 1");
    },
    text(option) {
      const value = given[option];
      if (value === undefined || (typeof value === "string" && value.trim() !== "")) return value;
      throw fail(option, "It takes a text that is not empty");
    },
    list(option, max, read) {
      const value = given[option];
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) throw fail(option, `It takes a list: ${option}: [${shown(value)}]`);
      const entries = value.map((entry: unknown, index) => {
        const place = `${option}[${index}]`;
        if (typeof entry !== "string") throw refusal(maker, `has ${place} ${shown(entry)}. It takes a text`);
        return read(entry, place);
      });
      return wholeList(maker, option, max, withoutRepeats(entries));
    },
    either(one, other) {
      if (given[one] === undefined || given[other] === undefined) return;
      throw refusal(maker, `has both ${one} and ${other}, and xAI takes one of them. Leave one out`);
    },
  };
}

function wholeList(maker: string, option: string, max: number, list: readonly string[]): readonly string[] {
  if (list.length === 0) throw refusal(maker, `has an empty ${option}. Leave it out, or name at least one`);
  if (list.length <= max) return Object.freeze(list);
  throw refusal(maker, `has ${list.length} entries in ${option}, and xAI takes at most ${max}. Leave some out`);
}

/** Without regard to case: neither domains nor handles have any. */
function withoutRepeats(list: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return list.filter((entry) => seen.size !== seen.add(entry.toLowerCase()).size);
}

/** An error of definition: `Tool webSearch has …`. */
export function refusal(maker: string, text: string): AgentError {
  return new AgentError("invalid_tool", `${maker} ${text}.`.replace(/([?.])\.$/, "$1"));
}

/** The object without what is undefined, frozen: "absent" is how plain data says that nothing was set. */
export function settled<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(set)) as T; // every entry is the one that was given, the undefined left out
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "(a list)" : "(an object)";
  return String(value);
}
