import { z } from "zod";
import { AgentError, errorMessage } from "../errors.ts";

/** One part of a multipart body. Of a file only what tells it from another one is kept. */
export type RecordedPart =
  | { name: string; value: string }
  | { name: string; filename: string; contentType: string; bytes: number; sha256: string };

/** What was sent: JSON as it is, a form without its boundary (another one in every run), or the hash of anything else. */
export type RecordedBody =
  | { type: "json"; json: unknown }
  | { type: "form"; parts: readonly RecordedPart[] }
  | { type: "bytes"; bytes: number; sha256: string };

export interface RecordedRequest {
  method: string;
  /** Path and query. The host is left out, so that a cassette serves whatever base URL is set. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: RecordedBody | undefined;
}

/** One network read, `ms` milliseconds after the headers. Base64 where its bytes alone are no UTF-8: half a character. */
export type RecordedRead = { ms: number; text: string } | { ms: number; base64: string };

export interface RecordedResponse {
  status: number;
  /** From the request to the headers, milliseconds. */
  headersMs: number;
  headers: Readonly<Record<string, string>>;
  reads: readonly RecordedRead[];
}

/**
 * How an exchange was over, `ms` milliseconds after the headers, or after the request where there were none: read to its
 * end, broken off by an error, or left by us, on purpose.
 */
export type RecordedEnd = { type: "whole"; ms: number } | RecordedError | { type: "left"; ms: number };

export interface RecordedError {
  type: "error";
  ms: number;
  code: string;
  message: string;
  retryable: boolean;
  /** What the system called it, such as `ECONNREFUSED`: it says whether the request can have arrived. */
  cause?: string | undefined;
}

/** One request and what came of it: one file of a cassette. */
export interface RecordedExchange {
  request: RecordedRequest;
  /** Absent where no headers came. */
  response?: RecordedResponse | undefined;
  ended: RecordedEnd;
}

/** Grows when a file can no longer be read by an older version. */
const FORMAT = 1;

/** The text of a file: JSON that can be read and compared, with a line for each network read. */
export function formatExchange({ request, response, ended }: RecordedExchange): string {
  const reads = response?.reads ?? [];
  const told = response === undefined ? {} : { response: { ...response, reads: [] } };
  const text = JSON.stringify({ cassette: FORMAT, request, ...told, ended }, undefined, 2);
  if (reads.length === 0) return `${text}\n`;
  // The last one: a body may have an empty list of that name, and nothing behind the response has.
  const place = text.lastIndexOf(EMPTY_READS) + EMPTY_READS.length - 1;
  const lines = reads.map((read) => `\n      ${JSON.stringify(read)}`).join(",");
  return `${text.slice(0, place)}${lines}\n    ${text.slice(place)}\n`;
}

const EMPTY_READS = '"reads": []';

/** True for the text of a file that `formatExchange` wrote, in this version or another, even if it was spoiled since. */
export function isExchange(text: string): boolean {
  return /"cassette": *\d/.test(text.slice(0, 1000));
}

/**
 * Reads the text of a file.
 * @param file What the error calls it.
 * @throws {AgentError} `malformed_record` for what is no exchange, or one of a newer version.
 */
export function parseExchange(text: string, file: string): RecordedExchange {
  const json = parseJson(text, file);
  const format = formatOf(json);
  if (typeof format === "number" && format > FORMAT) {
    throw malformed(file, `is written in format ${format}, and this version reads up to ${FORMAT}. Update fairwitness`);
  }
  schema ??= buildSchema();
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(file, `is no recorded exchange: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unreadable"}`);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(file, `is no JSON: ${errorMessage(error)}`, error);
  }
}

function malformed(file: string, what: string, cause?: unknown): AgentError {
  const message = `${file} ${what}. Restore it, or record the cassette again.`;
  return new AgentError("malformed_record", message, cause === undefined ? {} : { cause });
}

function formatOf(json: unknown): unknown {
  return typeof json === "object" && json !== null && "cassette" in json ? json.cassette : undefined;
}

let schema: z.ZodType<RecordedExchange> | undefined;

/** Made at the first call: most programs never read a cassette. */
function buildSchema(): z.ZodType<RecordedExchange> {
  const ms = z.number().nonnegative();
  const headers = z.record(z.string(), z.string());
  const part = z.union([
    z.object({
      name: z.string(),
      filename: z.string(),
      contentType: z.string(),
      bytes: z.number(),
      sha256: z.string(),
    }),
    z.object({ name: z.string(), value: z.string() }),
  ]);
  const body = z.discriminatedUnion("type", [
    z.object({ type: z.literal("json"), json: z.unknown() }),
    z.object({ type: z.literal("form"), parts: z.array(part) }),
    z.object({ type: z.literal("bytes"), bytes: z.number(), sha256: z.string() }),
  ]);
  const read = z.union([z.object({ ms, text: z.string() }), z.object({ ms, base64: z.base64() })]);
  return z.object({
    cassette: z.literal(FORMAT),
    request: z.object({ method: z.string(), path: z.string(), headers, body: body.optional() }),
    response: z.object({ status: z.number().int(), headersMs: ms, headers, reads: z.array(read) }).optional(),
    ended: z.discriminatedUnion("type", [
      z.object({ type: z.literal("whole"), ms }),
      z.object({
        type: z.literal("error"),
        ms,
        code: z.string(),
        message: z.string(),
        retryable: z.boolean(),
        cause: z.string().optional(),
      }),
      z.object({ type: z.literal("left"), ms }),
    ]),
  });
}
