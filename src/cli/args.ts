import { parseArgs } from "node:util";
import { errorMessage } from "../errors.ts";
import type { ApprovalAnswer } from "../index.ts";
import { nearestWord } from "./nearest.ts";
import { jsonOption, OPTIONS, type OptionValues, optionMistake, unknownOption } from "./options.ts";

/** What a command line asks for. */
export type Command =
  | { command: "help" }
  | ({ store: string; json: boolean } & (
      | { command: "list"; limit: number }
      | { command: "show"; id: string }
      | { command: "sources"; id: string; as: "text" | "markdown" | "json" }
      | { command: "diff"; ids: readonly [string, string] }
      | { command: "approvals"; id?: string }
      | { command: "decide"; id: string; call: string; answer: ApprovalAnswer }
      | { command: "cancel"; id: string; reason?: string }
      | { command: "steer"; id: string; text: string }
    ));

/** A command line that cannot be understood, and why. */
export interface Mistake {
  mistake: string;
}

export const COMMANDS: readonly string[] = [
  "list",
  "show",
  "sources",
  "diff",
  "approvals",
  "approve",
  "deny",
  "cancel",
  "steer",
];
/** What people ask for that needs the agent itself: its tools are in no record. */
const IN_PROGRAMS: Readonly<Record<string, string>> = {
  resume: "agent.resume(id)",
  replay: 'agent.replay(id, { tools: "recorded" })',
};
const DEFAULT_LIMIT = 20;

/** Reads the arguments after the program's name. Whoever mistypes gets nothing done. */
export function readCommand(args: readonly string[]): Command | Mistake {
  try {
    return commandOf(parse(args));
  } catch (thrown) {
    return { mistake: unknownOption(thrown) ?? sentence(errorMessage(thrown)) };
  }
}

interface Parsed {
  values: OptionValues;
  positionals: readonly string[];
}

function parse(args: readonly string[]): Parsed {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
}

function commandOf({ values, positionals }: Parsed): Command | Mistake {
  const [group, command, ...words] = positionals;
  if (values.help === true) return { command: "help" };
  if (group === undefined) return { mistake: "No command was given." };
  if (group !== "runs") return { mistake: unknownWord(group, COMMANDS.includes(group) ? `runs ${group}` : "runs") };
  if (command === undefined) return { mistake: `"fairwitness runs" takes one of ${COMMANDS.join(", ")}.` };
  if (!COMMANDS.includes(command)) return { mistake: unknownCommand(command) };
  return optionMistake(command, values) ?? withWords(command, words, values);
}

/** The command with its words: how many it takes, and what they mean. */
function withWords(command: string, words: readonly string[], values: OptionValues): Command | Mistake {
  const { store = ".fairwitness", json = false } = values;
  const common = { store, json };
  const [id, second, third] = words;
  const surplus = command === "steer" ? undefined : words[MOST_WORDS[command] ?? 1];
  if (command === "list") {
    return id === undefined
      ? listOf(common, values.limit)
      : { mistake: `list takes no id. See ${quoted(id)} with: fairwitness runs show ${id}` };
  }
  if (surplus !== undefined) return { mistake: `${quoted(surplus)} is one word too many.` };
  if (command === "approvals") return id === undefined ? { ...common, command } : { ...common, command, id };
  if (id === undefined) return missingId(command);
  switch (command) {
    case "show":
      return { ...common, command, id };
    case "sources":
      return { ...common, command, id, as: values.md === true ? "markdown" : json ? "json" : "text" };
    case "diff":
      return second === undefined
        ? { mistake: `diff needs two runs: fairwitness runs diff ${id} <id>` }
        : { ...common, command, ids: [id, second] };
    case "cancel":
      return { ...common, command, id, ...(values.reason === undefined ? {} : { reason: values.reason }) };
    case "steer":
      return second === undefined || [second, third].join("").trim() === ""
        ? { mistake: `steer needs words for the run: fairwitness runs steer ${id} "Use euros."` }
        : { ...common, command, id, text: words.slice(1).join(" ") };
    default:
      return decideOf(command === "approve", { ...common, id, call: second }, values);
  }
}

const MOST_WORDS: Readonly<Record<string, number>> = { diff: 2, approve: 2, deny: 2 };

function decideOf(
  approve: boolean,
  { call, ...common }: { store: string; json: boolean; id: string; call: string | undefined },
  { reason, input, sticky, by }: OptionValues,
): Command | Mistake {
  if (call === undefined) {
    const word = approve ? "approve" : "deny";
    return {
      mistake: `${word} needs the call as well: fairwitness runs ${word} ${common.id} <call>. What waits is shown by: fairwitness runs approvals ${common.id}`,
    };
  }
  const changed = input === undefined ? undefined : jsonOption(input);
  if (changed !== undefined && "mistake" in changed) return changed;
  const answer: ApprovalAnswer = {
    approve,
    ...(reason === undefined ? {} : { reason }),
    ...(changed === undefined ? {} : { input: changed.value }),
    ...(sticky === true ? { sticky } : {}),
    ...(by === undefined ? {} : { by }),
  };
  return { ...common, command: "decide", call, answer };
}

function listOf(common: { store: string; json: boolean }, limit: string | undefined): Command | Mistake {
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    return { mistake: `--limit takes a whole number from 1, not ${quoted(limit)}.` };
  return { ...common, command: "list", limit: limit === undefined ? DEFAULT_LIMIT : Number(limit) };
}

function missingId(command: string): Mistake {
  const needs = command === "diff" ? "the ids of two runs" : 'the id of a run, or "latest"';
  const rest = { diff: " <id>", approve: " <call>", deny: " <call>", steer: ' "Use euros."' }[command] ?? "";
  return { mistake: `${command} needs ${needs}: fairwitness runs ${command} latest${rest}` };
}

function unknownCommand(word: string): string {
  const call = Object.hasOwn(IN_PROGRAMS, word) ? IN_PROGRAMS[word] : undefined;
  if (call === undefined) return unknownWord(word, nearestWord(word, COMMANDS));
  return `There is no command ${quoted(word)}: it needs the agent with its tools. Write ${call} in your program.`;
}

function unknownWord(word: string, near: string | undefined): string {
  const hint =
    near === undefined ? `Commands: ${COMMANDS.map((name) => `runs ${name}`).join(", ")}.` : `Did you mean "${near}"?`;
  return `There is no command ${quoted(word)}. ${hint}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

/** parseArgs explains how to pass a word that looks like an option; nobody here has one. */
function sentence(message: string): string {
  return message.replace(/\. To specify a positional argument.*$/s, ".");
}
