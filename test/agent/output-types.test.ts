import { type } from "arktype";
import {
  type Agent,
  type ArtifactReader,
  type CompletedResult,
  createAgent,
  defineTool,
  type PartialOutput,
  type Reporting,
  type Run,
  type ToolContext,
} from "fairwitness";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod-v3";

const base = { name: "t", model: "grok-4.7" } as const;
const forecast = z.object({
  city: z.string(),
  day: z.date().transform((day) => day),
  sky: z.enum(["clear", "rain"]),
  wind: z.number().optional(),
});

const whoAmI = defineTool({
  name: "who_am_i",
  description: "Names the tenant.",
  input: z.object({}),
  execute: (_, tool: ToolContext<{ tenant: string }>) => tool.context.tenant,
});

/** Types alone: nothing of it runs. */
const never = (check: () => unknown): void => {
  expectTypeOf(check).toBeFunction();
};

describe("the type of an output", () => {
  it("is what the schema gives out, as the record holds it", () => {
    never(async () => {
      const { output } = await createAgent({ ...base, output: forecast }).run("hi");
      expectTypeOf(output).toEqualTypeOf<{
        city: string;
        day: string;
        sky: "clear" | "rain";
        wind?: number | undefined;
      }>();
      const old = createAgent({ ...base, output: z3.object({ n: z3.number().default(1) }) });
      expectTypeOf((await old.run("hi")).output).toEqualTypeOf<{ n: number }>();
      const ark = createAgent({ ...base, output: type({ n: "number" }) });
      expectTypeOf((await ark.run("hi")).output).toEqualTypeOf<{ n: number }>();
      const list = createAgent({ ...base, output: z.array(z.string()) });
      expectTypeOf((await list.run("hi")).output).toEqualTypeOf<string[]>();
    });
  });

  it("of plain JSON Schema is an object of unknown values, or anything", () => {
    never(async () => {
      const object = createAgent({ ...base, output: { type: "object", properties: {}, additionalProperties: true } });
      expectTypeOf((await object.run("hi")).output).toEqualTypeOf<{ [key: string]: unknown }>();
      const list = createAgent({ ...base, output: { type: "array", items: {} } });
      expectTypeOf((await list.run("hi")).output).toEqualTypeOf<unknown>();
    });
  });

  it("is undefined without a schema", () => {
    const agent = createAgent(base);
    expectTypeOf(agent).toEqualTypeOf<Agent<unknown, undefined>>();
    never(async () => {
      expectTypeOf((await agent.run("hi")).output).toEqualTypeOf<undefined>();
    });
  });

  it("narrows where it is a union", () => {
    const union = z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("plan"), steps: z.array(z.string()) }),
      z.object({ kind: z.literal("question"), text: z.string() }),
    ]);
    never(async () => {
      const { output } = await createAgent({ ...base, output: union }).run("hi");
      if (output.kind === "plan") expectTypeOf(output.steps).toEqualTypeOf<string[]>();
      else expectTypeOf(output.text).toEqualTypeOf<string>();
      const mixed = await createAgent({ ...base, output: z.union([z.string(), z.object({ n: z.number() })]) }).run(
        "hi",
      );
      if (typeof mixed.output !== "string") expectTypeOf(mixed.output.n).toEqualTypeOf<number>();
    });
  });

  it("is there only where a run that was not rejected has completed", () => {
    const agent = createAgent({ ...base, output: z.object({ n: z.number() }) });
    never(async () => {
      const result = await agent.run("hi", { reject: false });
      if (result.status === "completed") expectTypeOf(result.output).toEqualTypeOf<{ n: number }>();
      // @ts-expect-error a run that has not completed has none
      else result.output;
    });
  });

  it("goes with the run and its results, beside the context that tools ask for", () => {
    const agent = createAgent({ ...base, tools: [whoAmI], output: z.object({ n: z.number() }) });
    expectTypeOf(agent).toEqualTypeOf<Agent<{ tenant: string }, { n: number }>>();
    never(async () => {
      const run = agent.stream("hi", { context: { tenant: "a" } });
      expectTypeOf(run).toEqualTypeOf<Run<{ n: number }> & ArtifactReader>();
      for await (const partial of run.partialOutputs()) expectTypeOf(partial).toEqualTypeOf<{ n?: number }>();
      // @ts-expect-error the tool needs a context
      void agent.run("hi");
      const settled = await run.result();
      if (settled.status === "completed") expectTypeOf(settled.output.n).toEqualTypeOf<number>();
    });
  });

  it("of an agent, a run and a result that stand for any is unknown", () => {
    const agent = createAgent({ ...base, output: z.object({ n: z.number() }) });
    never(() => {
      const any: Agent[] = [agent, createAgent(base)];
      const run: Run = agent.stream("hi");
      const result: Promise<CompletedResult & Reporting> = agent.run("hi");
      return [any, run, result];
    });
  });

  it("may be partial at every depth while it comes, and a choice may be cut", () => {
    expectTypeOf<
      PartialOutput<{ sky: "clear" | "rain"; days: readonly { n: number }[]; at: null | string }>
    >().toEqualTypeOf<{
      sky?: string;
      days?: { n?: number }[];
      at?: null | string;
    }>();
  });
});
