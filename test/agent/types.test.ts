import { type AnyTool, createAgent, defineTool, type RunEvent, type ToolContext } from "fairwitness";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";

interface Db {
  db: { find(id: string): string };
}

interface Tenant {
  tenant: string;
}

const lookUp = defineTool({
  name: "look_up",
  description: "Finds a row.",
  input: z.object({ id: z.string(), deep: z.boolean().default(false) }),
  execute: ({ id, deep }, tool: ToolContext<Db>) => ({ row: tool.context.db.find(id), deep }),
});

const whoAmI = defineTool({
  name: "who_am_i",
  description: "Names the tenant.",
  input: z.object({}),
  execute: (_, tool: ToolContext<Tenant>) => tool.context.tenant,
});

const plain = defineTool({
  name: "plain",
  description: "Needs nothing.",
  input: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
  execute: (input) => input,
});

describe("types", () => {
  it("give a handler what the schema gives out, and the caller what the model writes", () => {
    type Events = Extract<RunEvent, { type: "tool.input" }>;
    const narrow = (event: RunEvent): void => {
      if (event.type === "tool.input" && lookUp.is(event)) {
        expectTypeOf(event.call.input.id).toEqualTypeOf<string>();
        expectTypeOf(event.call.input.deep).toEqualTypeOf<boolean | undefined>();
      }
      if (event.type === "tool.completed" && lookUp.is(event)) {
        expectTypeOf(event.output.row).toEqualTypeOf<string>();
        expectTypeOf(event.outcome).toEqualTypeOf<"ok">();
      }
    };
    expectTypeOf(narrow).parameter(0).toEqualTypeOf<RunEvent>();
    expectTypeOf<Events["call"]["input"]>().toEqualTypeOf<unknown>();
  });

  it("let different tools stand in one list without a cast", () => {
    const tools: readonly AnyTool[] = [lookUp, whoAmI, plain];
    expectTypeOf(tools).toExtend<readonly AnyTool[]>();
    const never = (): unknown => createAgent({ name: "t", model: "grok-4.7", tools }).run("hi");
    expectTypeOf(never).toBeFunction();
  });

  it("ask a run for all that its tools need together, and for nothing when they need nothing", () => {
    const agent = createAgent({ name: "t", model: "grok-4.7", tools: [lookUp, whoAmI, plain] });
    const never = (): void => {
      void agent.run("hi", { context: { db: { find: (id) => id }, tenant: "a" } });
      // @ts-expect-error the tools need a context
      void agent.run("hi");
      // @ts-expect-error one half of it is missing
      void agent.run("hi", { context: { tenant: "a" } });
      // @ts-expect-error the tools need a context
      void agent.stream("hi");
      void createAgent({ name: "t", model: "grok-4.7", tools: [plain] }).run("hi");
      void createAgent({ name: "t", model: "grok-4.7" }).stream("hi");
    };
    expectTypeOf(never).toBeFunction();
  });

  it("hand the context to the instructions", () => {
    createAgent({
      name: "t",
      model: "grok-4.7",
      tools: [whoAmI],
      instructions: (context) => {
        expectTypeOf(context).toEqualTypeOf<Tenant>();
        return context.tenant;
      },
    });
  });

  it("make a result that was not rejected a union told apart by status", () => {
    const agent = createAgent({ name: "t", model: "grok-4.7" });
    const never = async (): Promise<void> => {
      expectTypeOf((await agent.run("hi")).status).toEqualTypeOf<"completed">();
      const result = await agent.run("hi", { reject: false });
      if (result.status === "failed") expectTypeOf(result.error.code).toEqualTypeOf<string>();
      if (result.status === "limited") expectTypeOf(result.max).toEqualTypeOf<number>();
    };
    expectTypeOf(never).toBeFunction();
  });
});
