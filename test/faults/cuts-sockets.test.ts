import { createAgent, createClient } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChaosFault, startChaos } from "../support/chaos.ts";
import { goodAnswers, ownAnswers } from "./cuts-own.ts";
import { type Answer, countRuns } from "./cuts-play.ts";

/** What the sweep over all bytes does in one process, here over sockets: each way in which a server can end its body. */
const ENDS: readonly Pick<Extract<ChaosFault, { fault: "cut" }>, "how" | "framing">[] = [
  { how: "clean", framing: "chunked" },
  { how: "clean", framing: "length" },
  { how: "clean", framing: "close" },
  { how: "fin", framing: "chunked" },
  { how: "fin", framing: "length" },
  { how: "reset", framing: "chunked" },
];

const cases = (["chat", "responses", "messages"] as const).flatMap((api) =>
  ENDS.map((end) => [api, end.how, end.framing, end] as const),
);

describe("over sockets, an answer", () => {
  it.each(cases)(
    "of %s that is cut (%s, %s) is no answer before its terminal marker, and the next attempt ends right (rows 5, 8, 9, 10, 11, 12)",
    async (api, _how, _framing, end) => {
      const goodFor = await goodAnswers(api);
      const own = await ownAnswers(api);
      for (const answer of own.filter(({ name }) => name === "reasoning" || name === "two calls in pieces")) {
        const good = goodFor(answer);
        const { whole } = answer;
        const anywhere = fc.sample(fc.nat(whole - 1), { numRuns: 6, seed: 5 });
        for (const at of [0, ...anywhere, whole - 1]) {
          const body = Buffer.from(answer.bytes);
          const { result, ran, requests } = await playOverSockets(answer, [
            { fault: "cut", at, body, ...end },
            { fault: "none", body: Buffer.from(good.bytes) },
          ]);
          const expected = { status: "completed", text: good.text, toolCalls: [] };
          expect({ at, ran, requests, ...result }).toMatchObject({ at, ran: 0, requests: 2, ...expected });
        }
      }
    },
  );

  it.each(cases.filter(([, how]) => how === "clean"))(
    "of %s that is cut (%s, %s) behind its terminal marker is whole (rows 13, 14)",
    async (api, _how, _framing, end) => {
      const [answer] = await ownAnswers(api);
      if (answer === undefined) return expect.fail("there is no answer");
      for (const at of new Set([answer.whole, answer.bytes.length])) {
        const played = await playOverSockets(answer, [{ fault: "cut", at, body: Buffer.from(answer.bytes), ...end }]);
        const text = expect.stringContaining("the wind turns west");
        expect({ at, ...played.result }).toMatchObject({ at, status: "completed", text, finishReason: "stop" });
        expect(played.requests).toBe(1);
      }
    },
  );
});

async function playOverSockets({ api, tools }: Answer, script: readonly ChaosFault[]) {
  await using server = await startChaos(script);
  const client = createClient({ apiKey: "sim_cuts", baseURL: server.url });
  const runtime = { random: () => 0 };
  const agent = createAgent({ name: "cuts", model: client.model("grok-4.7", { api }), tools, runtime });
  const before = countRuns();
  const run = agent.stream("Go.");
  const result = await run.result();
  expect(checkEvents(run.record)).toEqual([]);
  return { result, ran: countRuns() - before, requests: server.requests.length };
}
