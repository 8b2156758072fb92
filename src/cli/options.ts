import { nearestWord } from "./nearest.ts";

/** The options of all commands, as `parseArgs` takes them. */
export const OPTIONS = {
  store: { type: "string" },
  limit: { type: "string" },
  md: { type: "boolean" },
  json: { type: "boolean" },
  reason: { type: "string" },
  input: { type: "string" },
  sticky: { type: "boolean" },
  by: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export interface OptionValues {
  store?: string;
  limit?: string;
  md?: boolean;
  json?: boolean;
  reason?: string;
  input?: string;
  sticky?: boolean;
  by?: string;
  help?: boolean;
}

type OptionName = keyof OptionValues;

/** Which commands an option belongs to; one that is not here belongs to all. */
const BELONGS: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  limit: ["list"],
  md: ["sources"],
  json: ["list", "show", "sources", "diff", "approvals"],
  reason: ["approve", "deny", "cancel"],
  input: ["approve"],
  sticky: ["approve"],
  by: ["approve", "deny"],
};

/** What people write for an option of ours. */
const HABITS: Readonly<Record<string, OptionName>> = {
  dir: "store",
  folder: "store",
  arguments: "input",
  text: "reason",
};

/** What is wrong with the options that were given to a command, if anything is. */
export function optionMistake(command: string, values: OptionValues): { mistake: string } | undefined {
  // parseArgs takes no others.
  for (const name of Object.keys(values) as OptionName[]) {
    const commands = BELONGS[name];
    if (commands !== undefined && !commands.includes(command)) {
      return { mistake: `--${name} belongs to ${commands.join(", ")}.` };
    }
    const value = values[name];
    if (typeof value === "string" && value.trim() === "")
      return { mistake: `--${name} is empty. Say something, or leave it out.` };
  }
  if (values.md === true && values.json === true) {
    return { mistake: "--md and --json are two forms of one answer. Leave one out." };
  }
  return undefined;
}

/** The arguments of a call as somebody wrote them. */
export function jsonOption(text: string): { value: object } | { mistake: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value };
  } catch {
    // said below
  }
  return {
    mistake: `--input takes the arguments as one JSON object, such as --input '{"euros":5}'. Nothing was decided.`,
  };
}

/** What to say of an option that does not exist; undefined for any other fault. */
export function unknownOption(thrown: unknown): string | undefined {
  const { code, message } = thrown as { code?: unknown; message?: unknown }; // whatever was thrown, both may be missing
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return undefined;
  const written = /'(-[^']*)'/.exec(String(message))?.[1] ?? "";
  const name = written.replace(/^-+/, "");
  const habit = Object.hasOwn(HABITS, name) ? HABITS[name] : undefined;
  const near = habit ?? nearestWord(name, Object.keys(OPTIONS));
  const hint =
    near === undefined
      ? `Options: ${Object.keys(OPTIONS)
          .map((option) => `--${option}`)
          .join(", ")}.`
      : `Did you mean --${near}?`;
  return `Unknown option ${JSON.stringify(written.slice(0, 80))}. ${hint}`;
}
