import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Simulator } from "../../src/sim/index.ts";
import { ask, type Json, readReply, respond, withSimulator } from "./support.ts";

const user = { role: "user", content: "Hello" };
const DECODE = "Could not decode the compaction blob. Ensure it is unmodified from the compact response.";

async function compact(simulator: Simulator, body: unknown, method = "POST"): Promise<Json> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${simulator.apiKey}` };
  const init = method === "POST" ? { method, headers, body: JSON.stringify(body) } : { method, headers };
  return readReply(await fetch(`${simulator.url}/responses/compact`, init));
}

const blobOf = async (simulator: Simulator, input: unknown = [user]): Promise<Json> =>
  (await compact(simulator, { model: "grok-4.7", input })).json.output[0];

test("the answer has the documented fields and no other", async () => {
  await withSimulator({}, async (simulator) => {
    const { status, json } = await compact(simulator, { model: "grok-4.7", input: [user] });
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(["id", "object", "created_at", "model", "output", "usage"]);
    expect(Object.keys(json.output[0])).toEqual(["type", "id", "encrypted_content"]);
    expect(Object.keys(json.usage)).toEqual([
      "input_tokens",
      "input_tokens_details",
      "output_tokens",
      "output_tokens_details",
      "total_tokens",
      "dropped_message_count",
    ]);
    expect(json).toMatchObject({ object: "response.compaction", model: "grok-4.7", output: [{ id: json.id }] });
    expect(json.usage.total_tokens).toBe(json.usage.input_tokens + json.usage.output_tokens);
  });
});

test("it uses no turn of a script, and is on the list of requests", async () => {
  await withSimulator({ script: [{ text: "one" }] }, async (simulator) => {
    await compact(simulator, { model: "grok-4.7", input: [user] });
    expect(simulator.unused()).toHaveLength(1);
    expect(simulator.requests.map(({ path }) => path)).toEqual(["/v1/responses/compact"]);
  });
});

describe("a compaction is refused where", () => {
  test.each([
    ["the model is unknown", { model: "grok-99", input: [user] }, 404, "The model grok-99 does not exist"],
    ["there is no input", { model: "grok-4.7" }, 422, "missing field `input`"],
    [
      "an item is of no known kind",
      { model: "grok-4.7", input: [{ type: "hologram" }] },
      422,
      "untagged enum ModelInput",
    ],
    ["there is nothing in it", { model: "grok-4.7", input: [] }, 400, "input must not be empty"],
    [
      "a field is not one of the two",
      { model: "grok-4.7", input: [user], tools: [] },
      400,
      "Argument not supported: tools",
    ],
    [
      "a call has no output",
      { model: "grok-4.7", input: [user, { type: "function_call", call_id: "a", name: "f", arguments: "{}" }] },
      400,
      "No function_call_output found",
    ],
    [
      "it is too long for the model already",
      { model: "grok-build-0.1", input: [{ role: "user", content: "x".repeat(1_100_000) }] },
      400,
      "maximum prompt length is 256000",
    ],
  ])("%s", async (_, body, status, error) => {
    await withSimulator({}, async (simulator) => {
      const reply = await compact(simulator, body);
      expect(reply.status).toBe(status);
      expect(reply.json.error).toContain(error);
    });
  });

  test("it is no POST", async () => {
    await withSimulator({}, async (simulator) => {
      const reply = await compact(simulator, undefined, "GET");
      expect([reply.status, reply.headers.get("allow")]).toEqual([405, "POST"]);
    });
  });
});

describe("a request that holds a compaction", () => {
  test("is answered by any model of xAI, with something behind it", async () => {
    await withSimulator({ script: () => ({ text: "ok" }) }, async (simulator) => {
      const item = await blobOf(simulator);
      for (const model of ["grok-4.7", "grok-build-0.1"]) {
        expect((await respond(simulator, ask({ model, input: [item, user] }))).status).toBe(200);
      }
      expect((await respond(simulator, ask({ input: [{ ...item, id: undefined }, user] }))).status).toBe(200);
    });
  });

  test.each([
    [
      "is refused where it is not first",
      (item: Json) => [{ role: "system", content: "Be brief." }, item, user],
      400,
      "must be the first item",
    ],
    ["is refused where there are two", (item: Json) => [item, item, user], 400, "must be the first item"],
    ["is refused where nothing follows", (item: Json) => [item], 400, "nothing follows the compaction"],
    [
      "is refused without its content",
      ({ id }: Json) => [{ type: "compaction", id }, user],
      422,
      "untagged enum ModelInput",
    ],
    [
      "is refused where its content is a thought's",
      () => [{ type: "compaction", encrypted_content: "e30=" }, user],
      400,
      DECODE,
    ],
    [
      "is refused where a thought has no summary",
      () => [user, { type: "reasoning", encrypted_content: "e30=" }],
      400,
      DECODE,
    ],
  ])("%s", async (_, input, status, error) => {
    await withSimulator({ script: () => ({ text: "ok" }) }, async (simulator) => {
      const reply = await respond(simulator, ask({ input: input(await blobOf(simulator)) }));
      expect(reply.status).toBe(status);
      expect(reply.json.error).toContain(error);
    });
  });

  test("is refused whatever is changed in its blob", async () => {
    await withSimulator({ script: () => ({ text: "ok" }) }, async (simulator) => {
      const item = await blobOf(simulator);
      const blob: string = item.encrypted_content;
      const place = fc.nat({ max: blob.length - 1 });
      await fc.assert(
        fc.asyncProperty(place, fc.constantFrom("A", "z", "0", "", "!", "AA"), async (at, change) => {
          const encrypted_content = blob.slice(0, at) + change + blob.slice(at + 1);
          fc.pre(encrypted_content !== blob);
          const reply = await respond(simulator, ask({ input: [{ ...item, encrypted_content }, user] }));
          expect([reply.status, reply.json.error]).toEqual([400, DECODE]);
        }),
        { numRuns: 100 },
      );
    });
  });

  test("counts as long as the short form is", async () => {
    await withSimulator({ script: () => ({ text: "ok" }) }, async (simulator) => {
      const long = [{ role: "user", content: "word ".repeat(10_000) }];
      const before = (await respond(simulator, ask({ input: long }))).json.usage.input_tokens;
      const item = await blobOf(simulator, long);
      const after = (await respond(simulator, ask({ input: [item, user] }))).json.usage.input_tokens;
      expect(before).toBeGreaterThan(12_000);
      expect(after).toBeLessThan(200);
    });
  });
});
