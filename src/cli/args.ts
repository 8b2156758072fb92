import { parseArgs } from "node:util";
import { errorMessage } from "../errors.ts";
import { nearestName } from "../tool/index.ts";

/** What a command line asks for. */
export type Command =
  | { command: "help" }
  | { command: "list"; dir: string; json: boolean; limit: number }
  | { command: "show"; dir: string; json: boolean; id: string }
  | { command: "sources"; dir: string; id: string; as: "text" | "markdown" | "json" };

/** A command line that cannot be understood, and why. */
export interface Mistake {
  mistake: string;
}

const COMMANDS: readonly string[] = ["list", "show", "sources"];
const DEFAULT_LIMIT = 20;

/** Reads the arguments after the program's name. */
export function readCommand(args: readonly string[]): Command | Mistake {
  try {
    return commandOf(parse(args));
  } catch (thrown) {
    return { mistake: sentence(errorMessage(thrown)) };
  }
}

function parse(args: readonly string[]): Parsed {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: "string" },
      limit: { type: "string" },
      md: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
}

interface Parsed {
  values: { dir?: string; limit?: string; md?: boolean; json?: boolean; help?: boolean };
  positionals: readonly string[];
}

function commandOf({ values, positionals }: Parsed): Command | Mistake {
  const [group, command, id, ...rest] = positionals;
  if (values.help === true) return { command: "help" };
  if (group === undefined) return { mistake: "No command was given." };
  if (group !== "runs") return { mistake: unknownWord(group, COMMANDS.includes(group) ? `runs ${group}` : "runs") };
  if (command === undefined) return { mistake: `"fairwitness runs" takes one of ${COMMANDS.join(", ")}.` };
  const { dir = ".fairwitness", json = false, md = false } = values;
  if (rest.length > 0) return { mistake: `"${rest[0]}" is one word too many.` };
  if (md && command !== "sources") return { mistake: "--md belongs to sources." };
  if (values.limit !== undefined && command !== "list") return { mistake: "--limit belongs to list." };
  switch (command) {
    case "list":
      return id === undefined
        ? listOf(dir, json, values.limit)
        : { mistake: `list takes no id. See ${quoted(id)} with: fairwitness runs show ${id}` };
    case "show":
      return id === undefined ? missingId(command) : { command, dir, json, id };
    case "sources":
      if (id === undefined) return missingId(command);
      if (md && json) return { mistake: "--md and --json are two forms of one answer. Leave one out." };
      return { command, dir, id, as: md ? "markdown" : json ? "json" : "text" };
    default:
      return { mistake: unknownWord(command, nearestCommand(command)) };
  }
}

function listOf(dir: string, json: boolean, limit: string | undefined): Command | Mistake {
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    return { mistake: `--limit takes a whole number from 1, not ${quoted(limit)}.` };
  return { command: "list", dir, json, limit: limit === undefined ? DEFAULT_LIMIT : Number(limit) };
}

function missingId(command: string): Mistake {
  return { mistake: `${command} needs the id of a run, or "latest": fairwitness runs ${command} latest` };
}

function unknownWord(word: string, near: string | undefined): string {
  const hint =
    near === undefined ? `Commands: ${COMMANDS.map((name) => `runs ${name}`).join(", ")}.` : `Did you mean "${near}"?`;
  return `There is no command ${quoted(word)}. ${hint}`;
}

/** Two letters the wrong way round are the commonest slip, and too much of a short word for `nearestName`. */
function nearestCommand(word: string): string | undefined {
  const letters = (text: string): string => [...text].toSorted().join("");
  return nearestName(word, COMMANDS) ?? COMMANDS.find((command) => letters(command) === letters(word));
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

/** parseArgs explains how to pass a word that looks like an option; nobody here has one. */
function sentence(message: string): string {
  return message.replace(/\. To specify a positional argument.*$/s, ".");
}
