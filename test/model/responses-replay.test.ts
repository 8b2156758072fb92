import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Usage } from "../../src/message/index.ts";
import { createResponsesModel, type ModelEvent, type ModelTurn } from "../../src/model/index.ts";
import { drain, fakeEndpoint, never, request, type Seen, turnOf } from "./fake-endpoint.ts";
import {
  bytesOf,
  hasResponses,
  list,
  type ResponsesRecording,
  responseStreams,
  responses,
  type Wire,
} from "./responses-recordings.ts";

async function play(recording: ResponsesRecording, reads: readonly Uint8Array[] = [bytesOf(recording)]): Promise<Seen> {
  const headers = recording.isStream ? {} : { "content-type": "application/json" };
  const { endpoint } = fakeEndpoint(() => ({ reads, headers }));
  return drain(createResponsesModel({ id: "grok-4.7", endpoint }).stream(request(), never));
}

/** The same answer as a server sends it that was not asked to stream. */
function awaited(recording: ResponsesRecording): ResponsesRecording {
  return { ...recording, isStream: false, events: [recording.response] };
}

function timeless(turn: ModelTurn): ModelTurn {
  if (turn.serverCalls === undefined) return turn;
  return { ...turn, serverCalls: turn.serverCalls.map(({ observedMs: _observed, ...call }) => call) };
}

const textOf = (events: readonly ModelEvent[], type: "text.delta" | "reasoning.delta"): string =>
  events.map((event) => (event.type === type ? event.delta : "")).join("");

/** All that a reader of the turn sees without looking into the raw items. */
function shown({ events }: Seen, turn: ModelTurn): string {
  const { raw: _raw, ...message } = turn.message;
  return JSON.stringify([{ ...turn, message }, events.filter((event) => event.type === "wire")]);
}

const asJsonText = (value: unknown): string => JSON.stringify(value).slice(1, -1);

/** What an item asks for: queries, code, prompts, addresses, arguments. */
function asked(item: Wire): readonly string[] {
  const action = (item.action ?? {}) as Wire; // of a recorded web search, an object
  const written = [item.arguments, item.input].filter((text) => typeof text === "string");
  const values = written.flatMap((text) => {
    try {
      return Object.values(JSON.parse(text));
    } catch {
      return [text];
    }
  });
  const fields = [
    item.code,
    item.prompt,
    action.query,
    action.url,
    action.pattern,
    ...(Array.isArray(item.queries) ? item.queries : []),
  ];
  return [...values, ...fields].filter((value) => typeof value === "string" && value !== "");
}

const annotationsOf = (item: Wire): readonly Wire[] => list(item.content).flatMap((part) => list(part.annotations));

function expectedUsage(usage: Wire): Usage {
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const within = (name: string, field: string): number | undefined =>
    number((usage[name] as Wire | undefined)?.[field]);
  const cached = within("input_tokens_details", "cached_tokens");
  const reasoning = within("output_tokens_details", "reasoning_tokens");
  const context = usage.context_details as Wire | undefined;
  return {
    inputTokens: Number(usage.input_tokens),
    outputTokens: Number(usage.total_tokens) - Number(usage.input_tokens),
    totalTokens: Number(usage.total_tokens),
    ...(cached !== undefined && { cachedInputTokens: cached }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
    ...(usage.num_server_side_tools_used !== undefined && {
      serverToolCalls: Number(usage.num_server_side_tools_used),
    }),
    ...(usage.server_side_tool_usage_details !== undefined && {
      billedServerTools: usage.server_side_tool_usage_details as Record<string, number>,
    }),
    ...(usage.num_sources_used !== undefined && { sourcesUsed: Number(usage.num_sources_used) }),
    ...(context !== undefined && { contextTokens: Number(context.input_tokens) + Number(context.output_tokens) }),
  };
}

describe.skipIf(!hasResponses)("of every recording (skipped where ../shared/wire is absent)", () => {
  test.each(responses.map((recording) => [recording.name, recording] as const))(
    "%s nothing is lost",
    async (_name, recording) => {
      const seen = await play(recording);
      const turn = turnOf(seen);
      expect(turn.message.raw?.items).toEqual(recording.items);
      for (const item of recording.items) {
        const isRepresented =
          item.type === "message" ||
          item.type === "reasoning" ||
          turn.message.toolCalls?.some(({ id }) => id === item.call_id) ||
          turn.serverCalls?.some(({ call }) => call.id === item.id) ||
          seen.events.some((event) => event.type === "wire" && JSON.stringify(event.item) === JSON.stringify(item));
        expect([item.type, isRepresented]).toEqual([item.type, true]);
      }
      const visible = shown(seen, turn);
      for (const item of recording.items) {
        for (const text of asked(item)) expect(visible).toContain(asJsonText(text));
        for (const source of list((item.action as Wire | undefined)?.sources))
          expect(visible).toContain(asJsonText(source.url));
        for (const result of list(item.results)) expect(visible).toContain(asJsonText(result.text));
        for (const output of list(item.outputs)) expect(visible).toContain(asJsonText(output.logs));
        for (const { url, file_id } of annotationsOf(item)) {
          const name = String(file_id ?? url).replace(/[?&]utm_source=openai$/, "");
          expect(
            turn.citations?.map(({ source }) => source.fileId ?? source.url?.replace(/[?&]utm_source=openai$/, "")),
          ).toContain(name);
        }
      }
    },
  );

  test.each(responses.map((recording) => [recording.name, recording] as const))(
    "%s tokens and ticks are those of the file, and its text and reasoning those it shows",
    async (_name, recording) => {
      const seen = await play(recording);
      const turn = turnOf(seen);
      const usage = recording.response.usage as Wire;
      expect(turn.usage).toEqual(expectedUsage(usage));
      if (typeof usage.cost_in_usd_ticks === "number") {
        expect(turn.cost).toEqual({ basis: "billed", ticks: usage.cost_in_usd_ticks });
      } else expect(turn.cost.basis).not.toBe("billed");
      const texts = recording.items
        .filter(({ type }) => type === "message")
        .map((item) =>
          list(item.content)
            .map((part) => part.text ?? "")
            .join(""),
        );
      expect(turn.message.content).toBe(texts.join("\n\n"));
      expect(textOf(seen.events, "text.delta")).toBe(turn.message.content);
      expect(textOf(seen.events, "reasoning.delta")).toBe(turn.message.reasoning ?? "");
    },
  );

  test.each(responseStreams.map((recording) => [recording.name, recording] as const))(
    "%s streamed and awaited is one turn",
    async (_name, recording) => {
      expect(timeless(turnOf(await play(recording)))).toEqual(timeless(turnOf(await play(awaited(recording)))));
    },
  );

  test("any cut of the bytes gives the same events", async () => {
    const small = responseStreams.filter(({ events }) => events.length < 100);
    const whole = new Map(
      await Promise.all(small.map(async (recording) => [recording, (await play(recording)).events] as const)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...small), fc.array(fc.nat(), { maxLength: 8 }), async (recording, places) => {
        const bytes = bytesOf(recording);
        const cuts = [0, ...places.map((place) => place % bytes.length), bytes.length].sort((a, b) => a - b);
        const reads = cuts.slice(1).map((end, n) => bytes.slice(cuts[n] ?? 0, end));
        expect((await play(recording, reads)).events.map(withoutTime)).toEqual(whole.get(recording)?.map(withoutTime));
      }),
      { numRuns: 60 },
    );
  }, 20_000);

  test("a stream that breaks off before its terminal event is an error, never a turn", async () => {
    for (const recording of responseStreams.filter(({ events }) => events.length < 100)) {
      const cut = { ...recording, events: recording.events.slice(0, -1) };
      const bytes = bytesOf(cut);
      const seen = await play(cut, [bytes.slice(0, bytes.length - "data: [DONE]\n\n".length)]);
      expect(seen.error).toMatchObject({ code: "stream_incomplete", retryable: true });
      expect(seen.events.some((event) => event.type === "turn")).toBe(false);
    }
  });

  test("unknown events and fields at any place change nothing but add wire events", async () => {
    const small = responseStreams.filter(({ events }) => events.length < 100);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...small), fc.nat(), newNames, async (recording, place, type) => {
        const at = place % recording.events.length;
        const unknown = { type, output_index: at % 3, item_id: "brand_new", sequence_number: 7 };
        const surprised: object[] = recording.events.map((event) => ({ ...event, surprise: at }));
        const events = surprised.toSpliced(at, 0, unknown) as Wire[]; // objects with names
        const seen = await play({ ...recording, events });
        const before = await play(recording);
        expect(seen.events.filter((event) => event.type === "wire")).toContainEqual({
          type: "wire",
          item: expect.objectContaining({ type }),
        });
        expect(unsurprised(seen.events.filter((event) => !isUnknown(event)).map(withoutTime))).toEqual(
          before.events.map(withoutTime),
        );
      }),
      { numRuns: 60 },
    );
  }, 20_000);
});

/** Also such as look like what the server says of one of its tools. */
const newNames = fc.constantFrom(
  "response.brand_new.thing",
  "response.future_call.exploded",
  "response.brand_new_call.searching",
  "response.future_call.completed",
);

/** Without the field that was added: what is kept whole has it too. */
function unsurprised(events: readonly ModelEvent[]): unknown {
  return JSON.parse(JSON.stringify(events, (key, value: unknown) => (key === "surprise" ? undefined : value)));
}

function isUnknown(event: ModelEvent): boolean {
  return event.type === "wire" && JSON.stringify(event.item).includes("brand_new");
}

function withoutTime(event: ModelEvent): ModelEvent {
  return event.type === "turn" ? { type: "turn", turn: timeless(event.turn) } : event;
}
