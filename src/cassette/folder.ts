import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AgentError, errorMessage } from "../errors.ts";
import { formatExchange, isExchange, parseExchange, type RecordedExchange, type RecordedRequest } from "./exchange.ts";

/** Names of our files, and of such that a killed process left half written. */
const OURS = /^\d{4,}-[a-z0-9-]+\.json$/;
const HALF = /^\.\d{4,}-[a-z0-9-]+\.json\.tmp$/;

/** A recorded exchange and the name of its file. */
export interface Tape {
  file: string;
  exchange: RecordedExchange;
}

/**
 * Reads a cassette, in the order it was recorded in.
 * @throws {AgentError} `not_found` where none is, `malformed_record` naming the file.
 */
export function readCassette(dir: string): readonly Tape[] {
  const files = namesIn(dir).filter((name) => OURS.test(name));
  if (files.length === 0) {
    const advice = `Record one first: createClient({ transport: record(${JSON.stringify(dir)}) }).`;
    throw new AgentError("not_found", `There is no cassette in ${dir}. ${advice}`);
  }
  files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return files.map((file) => ({ file, exchange: parseExchange(readText(dir, file), join(dir, file)) }));
}

/** Where exchanges are written. */
export interface CassetteFolder {
  /** A file appears whole or not at all. @throws {AgentError} `store_failed` */
  write(name: string, exchange: RecordedExchange): void;
}

/**
 * A folder to record into. It is made, or cleared of the files of an earlier recording, at the first `write`; other files stay.
 * @throws {AgentError} `invalid_option` when it has files and `overwrite` is not set.
 */
export function openCassette(dir: string, overwrite: boolean): CassetteFolder {
  const home = resolve(dir); // the working directory may change while we record
  if (!overwrite) refuseFiles(dir);
  let isReady = false;
  return {
    write(name, exchange) {
      guarded(`${name} could not be written to ${dir}`, () => {
        if (!isReady) prepare(home);
        isReady = true;
        const half = join(home, `.${name}.tmp`);
        writeFileSync(half, formatExchange(exchange));
        renameSync(half, join(home, name));
      });
    },
  };
}

function refuseFiles(dir: string): void {
  const [first, ...more] = namesIn(dir).filter((name) => !name.startsWith("."));
  if (first === undefined) return;
  const what = more.length === 0 ? first : `${first} and ${more.length} more`;
  const advice = "Name an empty folder, or pass overwrite: true, which removes the files of an earlier recording only.";
  throw new AgentError("invalid_option", `record cannot write into ${dir}, which has ${what}. ${advice}`);
}

function prepare(home: string): void {
  mkdirSync(home, { recursive: true });
  const names = readdirSync(home);
  for (const name of names.filter((name) => OURS.test(name))) {
    if (isExchange(readFileSync(join(home, name), "utf8"))) continue;
    throw new AgentError("invalid_option", `${join(home, name)} has a name of ours and is no exchange. Move it away.`);
  }
  for (const name of names.filter((name) => OURS.test(name) || HALF.test(name))) rmSync(join(home, name));
}

function namesIn(dir: string): string[] {
  return guarded(`${dir} could not be read`, () => {
    try {
      return readdirSync(dir);
    } catch (error) {
      // A folder that is not there has no files.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  });
}

function readText(dir: string, file: string): string {
  return guarded(`${join(dir, file)} could not be read`, () => readFileSync(join(dir, file), "utf8"));
}

function guarded<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw new AgentError("store_failed", `${what}: ${errorMessage(cause)}. See that the folder can be used.`, {
      cause,
    });
  }
}

/** `0001-post-chat-completions.json`: the number in order of sending, and what was asked. */
export function fileName(number: number, { method, path }: Pick<RecordedRequest, "method" | "path">): string {
  const route = path
    .split("?", 1)
    .join("")
    .replace(/^.*?\/v\d+\//, "");
  const words = `${method} ${route}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${String(number).padStart(4, "0")}-${words.slice(0, 60).replace(/^-|-$/g, "")}.json`;
}
