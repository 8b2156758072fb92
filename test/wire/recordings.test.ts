import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import type { ChatCompletion } from "../../src/wire/index.ts";
import {
  bytes,
  completionOf,
  failureOf,
  frames,
  hasRecordings,
  recordedAnswers,
  recordedStreams,
  replay,
  splitAt,
} from "./support.ts";

const absent = hasRecordings ? "" : " (skipped: ../shared/wire/chat is not here)";

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON, read as its authors wrote it
type Json = any;

/** What a stream says, put together as simply as can be, to compare with. */
function expected(payloads: readonly string[]) {
  const chunks: Json[] = payloads.map((payload) => JSON.parse(payload));
  const deltas: Json[] = chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.delta);
  const join = (field: string): string => deltas.map((delta) => delta[field] ?? "").join("");
  const calls: Json[] = deltas.flatMap((delta) => delta.tool_calls ?? []);
  return {
    id: chunks[0].id,
    model: chunks[0].model,
    created: chunks[0].created,
    content: join("content"),
    reasoning: join("reasoning_content") || undefined,
    name: calls[0]?.function.name,
    callId: calls[0]?.id,
    arguments: calls.map((call) => call.function.arguments).join(""),
    usage: chunks.map((chunk) => chunk.usage).findLast((usage) => usage !== null && usage !== undefined),
    finish: chunks
      .flatMap((chunk) => chunk.choices)
      .map((choice) => choice.finish_reason)
      .findLast((reason) => typeof reason === "string"),
  };
}

function answerOf(completion: ChatCompletion) {
  const choice = completion.choices[0];
  if (choice === undefined) throw new Error("no choice");
  return { ...choice, choices: completion.choices.length };
}

const wholeStream = (payloads: readonly string[]): Uint8Array => bytes(frames([...payloads, "[DONE]"]));

describe.skipIf(!hasRecordings)(`recorded streams${absent}`, () => {
  test.each(recordedStreams())("$name is folded to what the file says", async ({ payloads }) => {
    const completion = await completionOf(replay([wholeStream(payloads)]));
    const want = expected(payloads);
    const { message, finish_reason, choices } = answerOf(completion);
    expect(choices).toBe(1);
    expect(completion).toMatchObject({ id: want.id, model: want.model, created: want.created });
    expect(message.content).toBe(want.content);
    expect(message.reasoning_content).toBe(want.reasoning);
    expect(finish_reason).toBe(want.finish);
    expect(message.tool_calls?.length ?? 0).toBe(want.name === undefined ? 0 : 1);
    if (want.name !== undefined) {
      const call = { id: want.callId, type: "function", function: { name: want.name, arguments: want.arguments } };
      expect(message.tool_calls?.[0]).toEqual(call);
    }
    const { prompt_tokens, completion_tokens, total_tokens, cost_in_usd_ticks } = want.usage;
    expect(completion.usage).toMatchObject({ prompt_tokens, completion_tokens, total_tokens });
    expect(completion.usage?.cost_in_usd_ticks).toBe(cost_in_usd_ticks);
    expect(completion.usage?.prompt_tokens_details?.cached_tokens).toBe(
      want.usage.prompt_tokens_details?.cached_tokens,
    );
    expect(completion.usage?.completion_tokens_details?.reasoning_tokens).toBe(
      want.usage.completion_tokens_details?.reasoning_tokens,
    );
  });

  test.each(recordedStreams())("$name gives the same however the network splits it", async ({ payloads }) => {
    const whole = wholeStream(payloads);
    const reference = await completionOf(replay([whole]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 60 }), async (offsets) => {
        expect(await completionOf(replay(splitAt(whole, offsets)))).toEqual(reference);
      }),
      { numRuns: 20 },
    );
  });

  test.each(recordedStreams())("$name cut short is the same answer or a typed error", async ({ payloads }) => {
    const whole = wholeStream(payloads);
    const reference = await completionOf(replay([whole]));
    const boundaries = payloads.map((_, count) => bytes(frames(payloads.slice(0, count))).length);
    const random = fc.sample(fc.nat(whole.length - 1), { numRuns: 500, seed: 20261120 });
    for (const length of new Set([...boundaries, ...random])) {
      await expectSameOrTyped(whole.subarray(0, length), reference);
    }
  });

  test("a tool call fed byte by byte is the same call", async () => {
    for (const { payloads } of recordedStreams().filter(({ name }) => name.includes("tool-call"))) {
      const whole = wholeStream(payloads);
      const reference = await completionOf(replay([whole]));
      const single = Array.from(whole, (_, place) => whole.subarray(place, place + 1));
      expect(await completionOf(replay(single))).toEqual(reference);
    }
  });
});

/** A cut between the finish reason and the usage leaves the usage unknown; nothing else may differ. */
async function expectSameOrTyped(cut: Uint8Array, reference: ChatCompletion): Promise<void> {
  try {
    const completion = await completionOf(replay([cut]));
    expect(completion.choices).toEqual(reference.choices);
    if (completion.usage !== undefined) expect(completion.usage).toEqual(reference.usage);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    expect(error).toMatchObject({ code: "stream_incomplete", retryable: true });
  }
}

describe.skipIf(!hasRecordings)(`recorded whole answers${absent}`, () => {
  test.each(recordedAnswers().filter(({ text }) => "choices" in JSON.parse(text)))(
    "$name is accepted in the place of a stream",
    async ({ text }) => {
      const completion = await completionOf(
        replay([bytes(text)], { headers: { "content-type": "application/json; charset=utf-8" } }),
      );
      const recorded: Json = JSON.parse(text);
      const { message, finish_reason } = answerOf(completion);
      const wanted = recorded.choices[0];
      expect(message.content).toBe(wanted.message.content ?? "");
      expect(message.reasoning_content).toBe(wanted.message.reasoning_content);
      expect(finish_reason).toBe(wanted.finish_reason);
      expect(message.tool_calls?.map((call) => call.function)).toEqual(
        wanted.message.tool_calls?.map((call: Json) => call.function),
      );
      expect(completion.usage?.total_tokens).toBe(recorded.usage.total_tokens);
    },
  );

  test.each(recordedAnswers().filter(({ text }) => "error" in JSON.parse(text)))(
    "$name is an error, never an answer",
    async ({ text }) => {
      const json = { headers: { "content-type": "application/json" } };
      const error = await failureOf(completionOf(replay([bytes(text)], json)));
      expect(error).toMatchObject({ status: 200, serverCode: "unsupported_parameter", param: "max_tokens" });
      expect(await failureOf(completionOf(replay([bytes(text)], { ...json, status: 400 })))).toMatchObject({
        code: "invalid_request",
        status: 400,
        retryable: false,
      });
    },
  );
});
