import fc from "fast-check";
import { expect, test } from "vitest";
import type { SimProfile } from "../../src/sim/index.ts";
import { asks, call, f, fields, image, result, shapes, talk, talks, tells, without } from "./messages-refusals.ts";
import { type Json, say, speak, withSimulator } from "./support.ts";

const cases = [...shapes, ...fields, ...talks].flatMap(([name, body, xai, proxy = xai]) => [
  ["xai" as const, name, body, xai] as const,
  ["proxy" as const, name, body, proxy] as const,
]);

async function outcome(profile: SimProfile, body: unknown): Promise<{ status: number; message: string; json: Json }> {
  return withSimulator({ profile }, async (simulator) => {
    const { status, json } = await speak(simulator, body);
    return { status, json, message: status === 200 ? "ok" : profile === "xai" ? json.error : json.error.message };
  });
}

test.each(cases)("on %s %s is refused, or taken, as it is there", async (profile, _name, body, words) => {
  const { status, message, json } = await outcome(profile, body);
  expect(message).toContain(words);
  if (words === "ok") expect(status).toBe(200);
  else if (profile === "proxy") {
    expect(status).toBe(words.includes("does not exist") ? 404 : 400);
    expect(json).toMatchObject({
      type: "error",
      error: { type: status === 404 ? "not_found_error" : "invalid_request_error" },
    });
  } else expect([400, 404, 422]).toContain(status);
});

test("what does not fit in shape is 422 on xAI and 400 on a proxy, with line and column", async () => {
  const [xai, proxy] = [await outcome("xai", without("model")), await outcome("proxy", without("model"))];
  expect([xai.status, proxy.status]).toEqual([422, 400]);
  expect(xai.message).toMatch(/at line 1 column \d+$/);
});

test.each(["xai", "proxy"] as const)("on %s a whole conversation is taken", async (profile) => {
  const body = say({
    system: [{ type: "text", text: "Be brief." }],
    tools: [f],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    temperature: 0.5,
    top_p: 0.9,
    metadata: { user_id: "u" },
    messages: [
      tells({ type: "text", text: "Look" }, image),
      asks({ type: "text", text: "I do." }, call("a"), call("b")),
      tells(result("a", [{ type: "text", text: "ok" }, image]), { ...(result("b") as object), is_error: true }),
      tells({ type: "text", text: "And?" }),
      asks(call("c")),
      tells(result("c"), { type: "text", text: "So?" }),
    ],
  });
  expect((await outcome(profile, body)).message).toBe("ok");
});

test("messages of one role in a row count as one", async () => {
  const body = talk(asks(call("a")), asks(call("b")), tells(result("b")), tells(result("a")));
  expect((await outcome("proxy", body)).message).toBe("ok");
});

test("the request for a message thread is refused by the code that the SDK goes on after", async () => {
  for (const profile of ["xai", "proxy"] as const) {
    const { status, json } = await outcome(profile, say({ thread: { type: "create" } }));
    expect(status).toBe(400);
    expect(json.error.details).toEqual({ error_code: "thread_unsupported_request", unsupported: ["thread"] });
  }
});

test("any body gets an answer in the shape of its profile, and never a failure of the simulator", async () => {
  const block = fc.oneof(
    fc.record({ type: fc.constantFrom("text", "tool_use", "tool_result", "thinking", "x"), text: fc.string() }),
    fc.constantFrom(call("a"), call("b"), result("a"), result("b"), image, { type: "text", text: "x" }),
    fc.jsonValue(),
  );
  const message = fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: fc.array(block) });
  const body = fc.oneof(
    fc.jsonValue(),
    fc.array(message).map((messages) => say({ messages })),
  );
  for (const profile of ["xai", "proxy"] as const)
    await withSimulator({ profile }, (simulator) =>
      fc.assert(
        fc.asyncProperty(body, async (sent) => {
          const { status, json } = await speak(simulator, sent);
          expect([200, 400, 404, 422]).toContain(status);
          if (status !== 200) expect(typeof (profile === "xai" ? json.error : json.error.message)).toBe("string");
        }),
        { numRuns: 60 },
      ),
    );
});
