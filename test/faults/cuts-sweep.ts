import type { ErrorInfo } from "fairwitness";
import { seeded } from "../model/recordings.ts";
import type { Good } from "./cuts-own.ts";
import { type Answer, type Api, type Body, type End, type Played, play } from "./cuts-play.ts";
import { eventEnds } from "./cuts-whole.ts";

/** Where an answer is cut, and how. */
interface Cut {
  at: number;
  end: End;
}

/** What became of cuts: numbers of them, and sentences for those that broke a rule. */
export interface Tally {
  points: number;
  /** Cut before the terminal marker. */
  unfinished: number;
  /** Of these, ended with the right text after a second attempt. */
  right: number;
  /** Of these, ended with a typed error, since a remote tool had been called. */
  withheld: number;
  /** Of these, tried alone: a typed error and no more. */
  alone: number;
  /** Cut at or behind the terminal marker: the answer that the whole bytes give. */
  whole: number;
  wrong: string[];
}

export function emptyTally(): Tally {
  return { points: 0, unfinished: 0, right: 0, withheld: 0, alone: 0, whole: 0, wrong: [] };
}

export function addTally(total: Tally, { wrong, ...counts }: Tally): void {
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) total[name] += counts[name]; // all keys are of counts
  total.wrong.push(...wrong);
}

/** The numbers, in a sentence. */
export function tallyText(api: Api, answers: number, tally: Tally): string {
  const { points, unfinished, right, withheld, alone, whole, wrong } = tally;
  return (
    `cuts over ${api}: ${points} points in ${answers} answers. ${unfinished} before the terminal marker: ${right} ended right, ` +
    `${withheld} in a typed error (a remote tool had been called); ${alone} of them tried alone, too. ` +
    `${whole} behind it: as uncut. Wrong: ${wrong.length}.`
  );
}

/** From the environment: how many points in all, or `all` for every byte, clean and reset. */
const asked: string = process.env.FAIRWITNESS_CUTS ?? "10000";
const isAll: boolean = asked === "all";
if (!isAll && !/^\d+$/.test(asked)) throw new Error(`FAIRWITNESS_CUTS is "${asked}": give a number, or all.`);

/** A sweep over every byte of a long answer takes its time. */
export const SWEEP_TIMEOUT: number = isAll ? 7_200_000 : 120_000;

/** How the sampled points are spread over the protocols. */
const SHARE: { readonly [Name in Api]: number } = { chat: 0.3, responses: 0.5, messages: 0.2 };

/** How many points an answer gets, of `answers` over its protocol. */
export function pointsFor(api: Api, answers: number): number {
  return Math.ceil((Number(asked) * SHARE[api]) / Math.max(1, answers));
}

/** The points of an answer, the same in every run: around its terminal marker and its ends, and anywhere. */
function cutsOf(answer: Answer, count: number): Cut[] {
  const { bytes } = answer;
  const every = isAll ? Array.from({ length: bytes.length + 1 }, (_, at) => at) : sampled(answer, Math.ceil(count / 2));
  return every.flatMap((at) => ENDS.map((end) => ({ at, end })));
}

const ENDS: readonly End[] = ["clean", "reset"];

/** Edges first; then the ends of events, and anywhere. */
function sampled({ name, bytes, whole }: Answer, count: number): number[] {
  const random = seeded([...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 5));
  const ends = eventEnds(bytes);
  const places = new Set([whole - 1, whole, whole - 2, 0, bytes.length, bytes.length - 1, whole + 1, 1]);
  const most = Math.min(count, bytes.length + 1);
  for (let n = 0; places.size < most; n += 1) {
    places.add(n % 4 === 0 && n < 4 * ends.length ? (ends[random(ends.length)] ?? 0) : random(bytes.length + 1));
  }
  return [...places].filter((at) => at <= bytes.length);
}

/** Cuts an answer at its points and adds what became of them. `good` answers every request but the first. */
export async function sweep(answer: Answer, good: Good, count: number): Promise<Tally> {
  const tally = emptyTally();
  const uncut = await play(answer, [body(answer, answer.bytes.length, "clean"), body(good)], { isRead: true });
  for (const [n, cut] of cutsOf(answer, count).entries()) {
    // Nothing here waits for a timer or a socket: without a pause the process would hear nothing for minutes.
    if (n % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    tally.points += 1;
    const wrong = await judge(answer, { cut, good, uncut, tally, n });
    if (wrong !== undefined) tally.wrong.push(`${answer.name} at ${cut.at} of ${answer.whole}, ${cut.end}: ${wrong}`);
  }
  return tally;
}

/** A body of JSON has no marker but its end: where that is not clean, nobody can tell whether there was more to come. */
function isWhole({ whole, contentType }: Answer, { at, end }: Cut): boolean {
  return at >= whole && (contentType === "text/event-stream" || end === "clean");
}

interface Judged {
  cut: Cut;
  good: Good;
  uncut: Played;
  tally: Tally;
  n: number;
}

async function judge(answer: Answer, { cut, good, uncut, tally, n }: Judged): Promise<string | undefined> {
  const first = body(answer, cut.at, cut.end);
  if (isWhole(answer, cut)) {
    tally.whole += 1;
    const played = await play(answer, [first, body(good)], { isRead: true });
    return summary(played) === summary(uncut) ? undefined : `${summary(played)} and not ${summary(uncut)}`;
  }
  tally.unfinished += 1;
  if (n % 7 === 0) {
    tally.alone += 1;
    const wrong = judgeAlone(await play(answer, [first], { attempts: 1, isRead: true }));
    if (wrong !== undefined) return wrong;
  }
  return judgeRetried(await play(answer, [first, body(good)], { isRead: true }), good, tally);
}

/** A cut turn and no other: a typed error that may be tried again, no text, no tool. */
function judgeAlone(played: Played): string | undefined {
  const { result, record, ran, requests } = played;
  const isHonest = result.status === "failed" && result.text === "" && isBroken(result.error) && requests === 1;
  const hasTurn = record.some(({ type }) => type === "turn.completed" || type === "tool.completed");
  return isHonest && ran === 0 && !hasTurn ? undefined : `alone: ${summary(played)}`;
}

/** With a good second answer: that answer, and nothing of the first. */
function judgeRetried(played: Played, good: Good, tally: Tally): string | undefined {
  const { result, record, ran, requests } = played;
  if (ran > 0 || result.toolCalls.length > 0) return summary(played);
  const retried = record.filter((event) => event.type === "turn.retrying");
  if (result.status === "completed" && requests === 2 && retried.length === 1 && isBroken(retried[0]?.error)) {
    if (result.text !== good.text) return summary(played);
    tally.right += 1;
    return undefined;
  }
  const isRemote = record.some((event) => event.type === "tool.started" && event.call.kind === "mcp");
  if (!isRemote || result.status !== "failed" || result.text !== "" || requests !== 1) return summary(played);
  tally.withheld += 1;
  return undefined;
}

const BROKEN: ReadonlySet<string> = new Set(["stream_incomplete", "connection_failed", "malformed_event"]);

function isBroken(error: ErrorInfo | undefined): boolean {
  return error !== undefined && BROKEN.has(error.code) && error.retryable === true;
}

function body(answer: Answer, at: number = answer.bytes.length, end: End = "clean"): Body {
  return { bytes: answer.bytes.subarray(0, at), contentType: answer.contentType, end };
}

/** What a run came to, but for what it cost: a cut may take the usage away. */
function summary({ result, ran, requests }: Played): string {
  const { status, text, finishReason, toolCalls, citations } = result;
  const calls = toolCalls.map(({ call, input, outcome }) => [call.kind, call.tool, input, outcome]);
  const error = result.status === "failed" ? result.error : undefined;
  return JSON.stringify({ status, text, finishReason, calls, citations: citations.length, ran, requests, error });
}
