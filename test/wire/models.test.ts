import { describe, expect, test } from "vitest";
import { getModel, HttpError, listModels } from "../../src/wire/index.ts";
import { bytes, endpointOver, failureOf, replay } from "./support.ts";

describe("models", () => {
  const signal = new AbortController().signal;
  const json = (body: unknown, status = 200) =>
    endpointOver(replay([bytes(JSON.stringify(body))], { status, headers: { "content-type": "application/json" } }));

  test("are listed with the fields we know, and nothing invented", async () => {
    const data = [
      {
        id: "grok-4.7",
        aliases: ["grok-4.7-latest"],
        context_length: 500_000,
        created: 1,
        owned_by: "xai",
        extra: {},
        capabilities: { reasoning_effort: ["low", "high"], default_reasoning_effort: "high" },
      },
      { id: "bare", aliases: null, context_length: "long" },
    ];
    const [full, bare] = await listModels(json({ object: "list", data }), { signal });
    const { extra: _, ...known } = data[0] as NonNullable<(typeof data)[0]>;
    expect(full).toEqual(known);
    expect(bare).toEqual({ id: "bare" });
  });

  test("are got by an id that is written into the path safely", async () => {
    const transport = replay([bytes('{"id":"a/b"}')], { headers: { "content-type": "application/json" } });
    expect(await getModel(endpointOver(transport), "a/b?c", { signal })).toEqual({ id: "a/b" });
    expect(transport.requests[0]).toMatchObject({ method: "GET", url: "https://api.x.ai/v1/models/a%2Fb%3Fc" });
    expect(transport.requests[0]?.headers).toMatchObject({ accept: "application/json" });
  });

  test("that do not exist, or are none, are typed errors", async () => {
    const missing = await failureOf(getModel(json({ code: "not-found", error: "no" }, 404), "x", { signal }));
    expect(missing).toBeInstanceOf(HttpError);
    expect(missing).toMatchObject({ code: "not_found" });
    expect(await failureOf(getModel(json({}), " ", { signal }))).toMatchObject({ code: "invalid_option" });
    for (const body of [{}, [], { data: {} }, { data: [{}] }]) {
      expect(await failureOf(listModels(json(body), { signal }))).toMatchObject({ code: "malformed_event" });
    }
  });
});
