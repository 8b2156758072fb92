import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type ApprovalInfo, defineTool, isTool, type Tool, type ToolContext } from "../../src/tool/index.ts";
import { errorOf, requestOf, toolOf } from "./support.ts";

const info = { tainted: false, context: undefined };
const refund = {
  name: "refund",
  description: "Pays money back.",
  input: z.object({ amount: z.number(), to: z.array(z.string()).default([]) }),
  effect: "write",
  execute: () => ({ id: "r_1", at: new Date(0) }),
} as const;

interface Shop {
  limit: number;
}

test("a tool needs no approval unless it says so, and a request waits for ever", async () => {
  const tool = defineTool(refund);
  expect(await tool.needsApproval({}, info)).toBe(false);
  expect(tool.approvalTimeoutMs).toBeUndefined();
  expect(tool.reconcile).toBeUndefined();
});

test("a tool may always need approval, and say how long a request waits", async () => {
  const days = 30 * 24 * 3_600_000;
  const tool = defineTool({ ...refund, approval: true, approvalTimeoutMs: days });
  expect(await tool.needsApproval({ amount: 1 }, info)).toBe(true);
  expect(tool.approvalTimeoutMs).toBe(days);
});

test("an approval function decides by the arguments, the taint and the application's data", async () => {
  const tool = defineTool({
    ...refund,
    execute: (_input, { context }: ToolContext<Shop>) => context.limit,
    approval: async ({ amount }, { tainted, context }) => {
      expectTypeOf(context).toEqualTypeOf<Shop>();
      return tainted || amount > context.limit;
    },
  });
  expectTypeOf(tool).toExtend<Tool<Shop>>();
  const shop = { limit: 10 };
  expect(await tool.needsApproval({ amount: 10 }, { tainted: false, context: shop })).toBe(false);
  expect(await tool.needsApproval({ amount: 11 }, { tainted: false, context: shop })).toBe(true);
  expect(await tool.needsApproval({ amount: 1 }, { tainted: true, context: shop })).toBe(true);
});

test("an approval function alone may say what context it needs", async () => {
  const tool = defineTool({ ...refund, approval: (_input, { context }: ApprovalInfo<Shop>) => context.limit > 0 });
  expectTypeOf(tool).toExtend<Tool<Shop>>();
  expect(await tool.needsApproval({ amount: 1 }, { tainted: false, context: { limit: 1 } })).toBe(true);
});

test("an approval function that changes its input changes nothing of the call", async () => {
  const value = { amount: 5, to: ["ann"] };
  const tool = defineTool({ ...refund, approval: ({ to }) => to.push("eve") > 1 });
  expect(await tool.needsApproval(value, info)).toBe(true);
  expect(value).toEqual({ amount: 5, to: ["ann"] });
});

test.each([
  ["throws", () => Promise.reject(new Error("the rules at https://user:pw@rules.example are down")), "failed"],
  ["gives back no boolean", () => "yes", "gave back neither true nor false"],
  ["gives back nothing", () => undefined, "gave back neither true nor false"],
])("an approval function that %s is an error, and no answer", async (_, approval, text) => {
  const tool = toolOf(() => "done", { approval: approval as () => never });
  await expect(tool.needsApproval({}, info as never)).rejects.toMatchObject({
    code: "tool_failed",
    message: `act was not run: its approval function ${text}.`,
  });
});

test.each([
  [{ approval: "always" }, "has approval always. It takes true, false or a function: (input) => true."],
  [{ approvalTimeoutMs: 0 }, "has approvalTimeoutMs 0. It takes a number from 1 to"],
  [{ approvalTimeoutMs: Number.POSITIVE_INFINITY }, "has approvalTimeoutMs Infinity."],
  [{ needsApproval: true }, 'has "needsApproval", which is called "approval" here. Rename it.'],
  [{ reconcile: "ask" }, "has a reconcile that is no function."],
])("a bad option is refused with what to do (%#)", (options, message) => {
  const error = errorOf(() => defineTool({ ...refund, ...(options as object) }));
  expect(error).toMatchObject({ code: "invalid_tool", message: expect.stringContaining(message) });
});

test.each([
  [undefined, "no effect"],
  ["read", "effect read"],
  ["idempotent", "effect idempotent"],
] as const)("reconcile with effect %s is refused: only a write is asked about", (effect, has) => {
  const error = errorOf(() => toolOf(() => null, { ...(effect && { effect }), reconcile: async () => undefined }));
  expect(error).toMatchObject({
    code: "invalid_tool",
    message: `Tool act has a reconcile and ${has}: only a write is asked about. Write effect: "write", or leave it out.`,
  });
});

test("a call that happened comes with its output, checked, encoded and shown as its handler's would be", async () => {
  const tool = defineTool({
    ...refund,
    output: z.object({ id: z.string(), at: z.date() }),
    toModel: ({ id }) => `Refund ${id}.`,
    reconcile: async ({ amount }, { key }) => ({ happened: true, output: { id: `${key}/${amount}`, at: new Date(0) } }),
  });
  expect(await tool.reconcile?.({ amount: 3 }, requestOf({ key: "k" }))).toEqual({
    happened: true,
    output: { id: "k/3", at: "1970-01-01T00:00:00.000Z" },
    content: "Refund k/3.",
  });
});

test("a call that did not happen, and one of which nobody knows, are told apart", async () => {
  const not = defineTool({ ...refund, reconcile: async () => ({ happened: false }) });
  const unknown = defineTool({ ...refund, reconcile: async () => undefined });
  expect(await not.reconcile?.({}, requestOf())).toEqual({ happened: false });
  expect(await unknown.reconcile?.({}, requestOf())).toBeUndefined();
});

test("a reconciled output that its schema refuses is said to be of a tool that ran", async () => {
  const output = z.object({ id: z.string() });
  const reconcile = (): never => JSON.parse('{"happened":true,"output":{"id":7}}') as never;
  const tool = toolOf(() => null, { effect: "write", output, reconcile });
  await expect(tool.reconcile?.({}, requestOf() as never)).rejects.toMatchObject({
    code: "tool_failed",
    message: expect.stringContaining("act ran, but returned what its output schema refuses (id: "),
  });
});

test.each([[true], [null], [{ happened: "yes" }], ["happened"]])(
  "a reconcile that gives back %j tells nothing",
  async (found) => {
    const tool = toolOf(() => null, { effect: "write", reconcile: (() => found) as never });
    await expect(tool.reconcile?.({}, requestOf() as never)).rejects.toMatchObject({
      code: "tool_failed",
      message: expect.stringContaining("The reconcile of act gave back neither { happened: true, output }"),
    });
  },
);

test("a reconcile that throws is rejected with what it threw", async () => {
  const thrown = new Error("the ledger is down");
  const tool = toolOf(() => null, { effect: "write", reconcile: () => Promise.reject(thrown) });
  await expect(tool.reconcile?.({}, requestOf() as never)).rejects.toBe(thrown);
});

test("the types hold reconcile to what execute returns", () => {
  const wrong = (): unknown =>
    // @ts-expect-error the handler returns { id, at }
    defineTool({ ...refund, reconcile: async () => ({ happened: true, output: "r_1" }) });
  expect(wrong).not.toThrow();
});

test("what cannot say whether it needs approval is no tool", () => {
  const { needsApproval: _, ...rest } = defineTool(refund);
  expect(isTool(defineTool(refund))).toBe(true);
  expect(isTool(rest)).toBe(false);
});
