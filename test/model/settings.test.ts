import { describe, expect, test } from "vitest";
import {
  checkModelTools,
  checkSettings,
  createChatModel,
  createModel,
  describeModel,
  type ModelSettings,
  mayReason,
} from "../../src/model/index.ts";
import { drain, fakeEndpoint, hello, never, request } from "./fake-endpoint.ts";

/** Settings as JavaScript or a file may hold them. */
function check(model: string, settings: object): unknown {
  try {
    checkSettings(model, settings as ModelSettings);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("a setting that a model is known to refuse", () => {
  test.each([
    ["grok-4.7", { stop: ["x"] }, "settings.stop"],
    ["grok-4.7-latest", { frequencyPenalty: 0.5 }, "settings.frequencyPenalty"],
    ["grok-4.6-0801", { presencePenalty: 0 }, "settings.presencePenalty"],
    ["grok-4.7", { reasoningEffort: "none" }, "low, medium, high, xhigh"],
    ["grok-4.3", { reasoningEffort: "xhigh" }, "none, low, medium, high"],
    ["grok-4.20-0309-reasoning", { reasoningEffort: "low" }, "settings.reasoningEffort"],
    ["grok-4.20-0309-non-reasoning", { reasoningEffort: "low" }, "Leave it out"],
    ["grok-4.20-multi-agent-0309", { stop: ["x"] }, "settings.stop"],
    ["grok-4-0709", { stop: ["x"] }, "settings.stop"],
    ["grok-code-fast-1", { stop: ["x"] }, "settings.stop"],
    ["grok-4.20", { reasoningEffort: "low" }, "settings.reasoningEffort"],
    ["grok-4-fast", { stop: ["x"] }, "settings.stop"],
    ["grok-9", { stop: ["x"] }, "grok-9 is not known here (facts of 2026-11-20): it is taken to be like grok-4.7."],
    ["grok-9", { reasoningEffort: "none" }, "taken to be like grok-4.7"],
  ])("fails before anything is sent, naming %s and the parameter: %j", (model, settings, says) => {
    const error = check(model, settings);
    expect(error).toMatchObject({ code: "unsupported_setting", message: expect.stringContaining(says) });
    expect(error).toMatchObject({ message: expect.stringContaining(model) });
  });
});

describe("a setting that a model takes, or that nobody knows about,", () => {
  test.each([
    ["grok-4.7", { temperature: 0, topP: 1, maxOutputTokens: 1, seed: -1, reasoningEffort: "xhigh", user: "u" }],
    ["grok-4.5", { reasoningEffort: "xhigh" }],
    ["grok-4.7", { stop: [], frequencyPenalty: undefined }],
    ["grok-4.3", { reasoningEffort: "none", stop: ["x"] }],
    ["grok-4.20-0309-non-reasoning", { stop: ["x"], frequencyPenalty: 1, presencePenalty: -2 }],
    ["grok-4-fast-non-reasoning", { stop: ["x"] }],
    ["grok-4.20-multi-agent-0309", { reasoningEffort: "high" }],
    ["grok-9", { reasoningEffort: "xhigh", temperature: 1 }],
    ["gpt-4o", { stop: ["x"], reasoningEffort: "none" }],
    ["llama-3.3-70b", { presencePenalty: 1 }],
    ["constructor", { stop: ["x"] }],
  ])("passes: %s with %j", (model, settings) => {
    expect(check(model, settings)).toBeUndefined();
  });
});

describe("a setting out of range", () => {
  test.each([
    [{ temperature: 2.1 }, "0 to 2"],
    [{ temperature: Number.NaN }, "0 to 2"],
    [{ temperature: "1" }, "0 to 2"],
    [{ topP: 0 }, "above 0"],
    [{ topP: 1.01 }, "above 0"],
    [{ maxOutputTokens: 0 }, "at least 1"],
    [{ maxOutputTokens: 1.5 }, "whole number"],
    [{ frequencyPenalty: -2.5 }, "-2 to 2"],
    [{ presencePenalty: 3 }, "-2 to 2"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "at most 4"],
    [{ stop: "x" }, "at most 4"],
    [{ stop: [""] }, "not empty"],
    [{ seed: 2 ** 31 }, "32 bits"],
    [{ reasoningEffort: "max" }, "none, low, medium, high, xhigh"],
    [{ toolChoice: "get_weather" }, '{ tool: "its name" }'],
    [{ toolChoice: { type: "function" } }, '{ tool: "its name" }'],
    [{ toolChoice: null }, '{ tool: "its name" }'],
    [{ parallelToolCalls: 1 }, "true or false"],
    [{ user: "" }, "not empty"],
    [{ max_tokens: 5 }, "Write maxOutputTokens"],
    [{ top_k: 5 }, "Settings: temperature"],
    [{ toString: 5 }, "Settings: temperature"],
  ])("is refused for any model, saying what to give: %j", (settings, says) => {
    expect(check("some-model", settings)).toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(says),
    });
  });
});

describe("a chat model", () => {
  const { endpoint, sent } = fakeEndpoint(() => ({ reads: [hello] }));

  test("checks its own settings when it is made", () => {
    expect(() => createChatModel({ id: "grok-4.7", endpoint, settings: { stop: ["x"] } })).toThrow(/grok-4.7 refuses/);
    expect(() => createChatModel({ id: " ", endpoint })).toThrow(/no id/);
  });

  test.each(["required", { tool: "t" }] as const)(
    "refuses %j as its own tool choice, which no run could end with",
    (toolChoice) => {
      expect(() => createChatModel({ id: "grok-4.7", endpoint, settings: { toolChoice } })).toThrow(/every turn/);
    },
  );

  test("checks the settings of a request before it is sent", async () => {
    const model = createChatModel({ id: "grok-4.7", endpoint });
    const { error } = await drain(model.stream(request({ settings: { stop: ["x"] } }), never));
    expect(error).toMatchObject({ code: "unsupported_setting" });
    expect(sent).toEqual([]);
  });

  test("takes its own settings where a request sets nothing else", async () => {
    const model = createChatModel({ id: "grok-4.7", endpoint, settings: { temperature: 0.5, seed: 1 } });
    // exactOptionalPropertyTypes keeps undefined out of typed code only
    const settings = { seed: 2, temperature: undefined } as unknown as ModelSettings;
    await drain(model.stream(request({ settings }), never));
    expect(sent.at(-1)?.json).toMatchObject({ temperature: 0.5, seed: 2 });
  });
});

describe("the description of a model", () => {
  test("knows aliases and dates, and which day its facts are from", () => {
    const facts = describeModel("grok-4.7");
    expect(facts).toMatchObject({ id: "grok-4.7", asOf: "2026-11-20", reasons: true, defaultEffort: "high" });
    expect(describeModel("grok-4.7-latest")).toEqual(facts);
    expect(describeModel("grok-4.7-0921")).toEqual(facts);
    expect(describeModel("grok-4.7-2026-09-21")).toEqual(facts);
  });

  test("names the model that answers for a retired one", () => {
    expect(describeModel("grok-3")?.retired).toEqual({ on: "2026-05-15", target: "grok-4.3" });
    expect(describeModel("grok-4-0709")?.retired?.target).toBe("grok-4.3");
    expect(describeModel("grok-code-fast-1")?.retired?.target).toBe("grok-build-0.1");
  });

  test.each([
    ["grok-4-1-fast", "grok-4.3"],
    ["grok-4-fast", "grok-4.3"],
    ["grok-3-fast", "grok-4.3"],
    ["grok-3-fast-latest", "grok-4.3"],
    ["grok-code-fast", "grok-build-0.1"],
  ])("knows %s by its short name, and that %s answers for it", (alias, target) => {
    expect(describeModel(alias)?.retired?.target).toBe(target);
  });

  test("knows the short names of models that are not retired", () => {
    expect(describeModel("grok-build")).toEqual(describeModel("grok-build-0.1"));
    expect(describeModel("grok-4.20-0309")).toEqual(describeModel("grok-4.20-0309-reasoning"));
  });

  test("assumes of a new model of xAI's that it thinks, and says nothing more of it", () => {
    expect(mayReason("grok-9")).toBe(true);
    expect(mayReason("gpt-4o")).toBe(true);
    expect(describeModel("grok-9")).toBeUndefined();
  });

  test("says nothing of a model that is not known", () => {
    expect(describeModel("gpt-4o")).toBeUndefined();
    expect(describeModel("__proto__")).toBeUndefined();
  });
});

describe("a model that cannot be offered tools of ours", () => {
  const multi = "grok-4.20-multi-agent-0309";

  test("refuses them, and takes those that xAI runs", () => {
    expect(() => checkModelTools(multi, { client: 2, server: 1 })).toThrow(/takes no tools of yours.* the 2 of yours/);
    expect(() => checkModelTools(multi, { client: 0, server: 1 })).not.toThrow();
    for (const id of ["grok-4.7", "grok-9", "gpt-4o"]) {
      expect(() => checkModelTools(id, { client: 2, server: 1 })).not.toThrow();
    }
  });

  test("answers on the Responses API alone", () => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [] }));
    expect(createModel({ id: multi, endpoint }).api).toBe("responses");
    expect(createModel({ id: "grok-4.7", endpoint }).api).toBe("auto");
    expect(() => createModel({ id: multi, endpoint, api: "chat" })).toThrow(/does not answer on chat completions/);
  });
});
