import { AssertionError } from "node:assert";
import { type Clock, sleep, systemClock } from "../clock.ts";
import { AgentError, type ErrorCode } from "../errors.ts";
import type { Transport, TransportRequest, TransportResponse } from "../wire/index.ts";
import { ignoring } from "./canonical.ts";
import type { RecordedError, RecordedExchange } from "./exchange.ts";
import { readCassette, type Tape } from "./folder.ts";
import { checkSecrets, createMask } from "./mask.ts";
import { createMatcher, type Matcher } from "./match.ts";
import { checkCall } from "./options.ts";
import { decodeRead } from "./reads.ts";
import { maskRequest, readRequest } from "./request.ts";

export interface ReplayOptions {
  /** `none` (default): all reads at once, divided as they were. `recorded`: each when it came, by the clock. */
  pace?: "none" | "recorded";
  /** Places in the body of a request that may differ, such as `metadata.asked_at`; `[*]` is any place of a list. */
  ignore?: readonly string[];
  /** What was masked by `secrets` when it was recorded, as it is now. */
  secrets?: readonly string[];
  /** For `pace: "recorded"`. Default: the machine's clock. */
  clock?: Clock;
}

/** An exchange that nothing has asked for. */
export interface UnusedExchange {
  file: string;
  method: string;
  path: string;
}

/** A transport that answers from a cassette, and never from a network. */
export interface Replayer extends Transport {
  /** What was recorded and not asked for so far, in recorded order. */
  unused(): readonly UnusedExchange[];
  /** @throws {AssertionError} when something was recorded and not asked for: the program asks less than it did. */
  assertDone(): void;
}

const OPTIONS: { readonly [Name in keyof Required<ReplayOptions>]: true } = {
  pace: true,
  ignore: true,
  secrets: true,
  clock: true,
};

/**
 * Answers from what `record` wrote into `dir`, which is read at this call. A request is answered by the first unused
 * exchange of the same method, path and body. In bodies the order of fields means nothing, everything else counts; only
 * run ids that fairwitness made (`run_` and a UUID) may be others than recorded, each the same other one throughout. Headers and
 * the host do not count. Forms are compared part by part, other bodies by their hash.
 *
 * A request that was not recorded is `cassette_mismatch`, which is not tried again, with what differs from the nearest
 * unused one. Recorded errors are thrown again with their code, and an abort is obeyed at any moment.
 *
 * The record of a run names the host it asked: to compare whole records, set the base URL it was recorded with.
 * @throws {AgentError} `not_found` where no cassette is, `malformed_record` naming the file, `invalid_option`.
 */
export function replay(dir: string, options: ReplayOptions = {}): Replayer {
  checkCall("replay", dir, { options, names: Object.keys(OPTIONS) });
  const { pace = "none", clock = systemClock } = options;
  if (pace !== "none" && pace !== "recorded") {
    throw new AgentError("invalid_option", `pace of replay is "none" or "recorded", not ${JSON.stringify(pace)}.`);
  }
  const secrets = checkSecrets(options.secrets ?? [], "replay");
  const isIgnored = ignoring(options.ignore ?? []);
  const matcher = createMatcher(readCassette(dir), isIgnored);
  const player = createPlayer(clock, pace === "recorded");
  const send: Transport = async (request) => {
    request.signal.throwIfAborted();
    return player.play(await find(request, { matcher, secrets, dir }), request.signal);
  };
  const unused = (): readonly UnusedExchange[] =>
    matcher.unused().map(({ file, exchange: { request } }) => ({ file, method: request.method, path: request.path }));
  return Object.assign(send, { unused, assertDone: () => assertDone(dir, unused()) });
}

function assertDone(dir: string, unused: readonly UnusedExchange[]): void {
  if (unused.length === 0) return;
  const files = unused.map(({ file }) => file).join(", ");
  const message = `${unused.length} exchanges of ${dir} were not asked for: ${files}. Record it again if that is meant.`;
  throw new AssertionError({ message, actual: unused, expected: [] });
}

interface Finding {
  matcher: Matcher;
  secrets: readonly string[];
  dir: string;
}

async function find(sent: TransportRequest, { matcher, secrets, dir }: Finding): Promise<Tape> {
  const read = await readRequest(sent);
  const plain = matcher.take(maskRequest(read.request, createMask(secrets)));
  if (plain !== undefined) return plain;
  // The key of a replay is often a word such as "replayed", so it is masked only where nothing matches without.
  const masked = maskRequest(read.request, createMask([...secrets, ...read.secrets]));
  const found = matcher.take(masked);
  if (found !== undefined) return found;
  const why = matcher.explain(masked);
  const message = `${masked.method} ${masked.path} is not as it was recorded in ${dir}. ${why}\nIf the change is meant, record again: record(${JSON.stringify(dir)}, { overwrite: true }). If the field differs in every run, fix it in the test or pass its place to replay as ignore.`;
  throw new AgentError("cassette_mismatch", message);
}

interface Player {
  play(tape: Tape, signal: AbortSignal): Promise<TransportResponse>;
}

/** How long a program that left an answer may take to leave it again, milliseconds. Until then the server says nothing. */
const LEAVE_MS = 2000;

function createPlayer(clock: Clock, isPaced: boolean): Player {
  const reach = async (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    const leftMs = ms - clock.monotonic();
    if (isPaced && leftMs > 0) await sleep(clock, leftMs, signal);
  };
  const end = async ({ file, exchange: { ended } }: Tape, startMs: number, signal: AbortSignal): Promise<void> => {
    await reach(startMs + ended.ms, signal);
    if (ended.type === "whole") return;
    if (ended.type === "error") throw thrownAgain(ended);
    await sleep(clock, LEAVE_MS, signal);
    const advice = "Leave it at the same place, or record again.";
    const message = `${file} ends where the program left the answer when it was recorded; now it reads on. ${advice}`;
    throw new AgentError("cassette_mismatch", message);
  };
  async function* body(tape: Tape, startMs: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const read of tape.exchange.response?.reads ?? []) {
      await reach(startMs + read.ms, signal);
      yield decodeRead(read);
    }
    await end(tape, startMs, signal);
  }
  return {
    async play(tape, signal) {
      const startMs = clock.monotonic();
      const { response } = tape.exchange;
      if (response === undefined) {
        await end(tape, startMs, signal);
        throw neverEnded(tape);
      }
      await reach(startMs + response.headersMs, signal);
      const header = (name: string): string | undefined =>
        Object.hasOwn(response.headers, name) ? response.headers[name] : undefined;
      return { status: response.status, header, body: body(tape, clock.monotonic(), signal) };
    },
  };
}

function thrownAgain({ code, message, retryable, cause }: RecordedError): AgentError {
  const options =
    cause === undefined ? { retryable } : { retryable, cause: Object.assign(new Error(cause), { code: cause }) };
  return new AgentError(code as ErrorCode, message, options); // `record` took the code from an error of ours
}

/** Nothing that `record` writes: an exchange is whole only with headers. */
function neverEnded({ file }: { file: string; exchange: RecordedExchange }): AgentError {
  return new AgentError("malformed_record", `${file} is whole and has no answer. Record the cassette again.`);
}
