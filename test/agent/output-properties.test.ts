import { createAgent, createClient, type RunResult } from "fairwitness";
import { type ScriptedSimulator, startScript } from "fairwitness/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

/** A schema, values that fit it, and whether it is an object, so that an answer is not put under `answer`. */
interface Kind {
  schema: z.ZodType;
  fits: fc.Arbitrary<unknown>;
  isObject?: true;
}

const leaf: fc.Arbitrary<Kind> = fc.oneof(
  fc
    .nat({ max: 5 })
    .map((min) => ({ schema: z.string().min(min).max(20), fits: fc.string({ minLength: min, maxLength: 20 }) })),
  fc.nat({ max: 9 }).map((min) => ({ schema: z.int().min(min).max(99), fits: fc.integer({ min, max: 99 }) })),
  fc.constant({ schema: z.number().multipleOf(5), fits: fc.integer({ min: -20, max: 20 }).map((n) => n * 5) }),
  fc.constant({ schema: z.boolean(), fits: fc.boolean() }),
  fc.constant({ schema: z.null(), fits: fc.constant(null) }),
  fc.constant({ schema: z.iso.date(), fits: fc.constantFrom("2026-11-20", "1999-01-01") }),
  fc
    .uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 4 })
    .map((words) => ({ schema: z.enum(words), fits: fc.constantFrom(...words) })),
  fc.stringMatching(/^[a-z]{1,6}$/).map((word) => ({ schema: z.literal(word), fits: fc.constant(word) })),
);

const names = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z_$ ]{1,5}$/), { minLength: 1, maxLength: 4 });

function objectOf(parts: readonly (readonly [string, Kind, boolean])[]): Kind {
  const shape = parts.map(([name, kind, isOptional]) => [name, isOptional ? kind.schema.optional() : kind.schema]);
  const model = Object.fromEntries(parts.map(([name, kind]) => [name, kind.fits]));
  const requiredKeys = parts.flatMap(([name, , isOptional]) => (isOptional ? [] : [name]));
  return {
    schema: z.object(Object.fromEntries(shape)),
    fits: fc.record(model, { requiredKeys, noNullPrototype: true }),
    isObject: true,
  };
}

/** Values told apart by their tag, since a member of a union may drop what another one keeps. */
function unionOf(kinds: readonly Kind[]): Kind {
  const tagged = kinds.map((kind, n) => ({
    schema: z.object({ kind: z.literal(`k${n}`), value: kind.schema }),
    fits: kind.fits.map((value) => ({ kind: `k${n}`, value })),
  }));
  const [first, ...rest] = tagged.map(({ schema }) => schema);
  if (first === undefined) throw new Error("a union has members");
  return {
    schema: z.discriminatedUnion("kind", [first, ...rest]),
    fits: fc.oneof(...tagged.map(({ fits }) => fits)),
  };
}

let definitions = 0;

const { kind: anyKind } = fc.letrec<{ kind: Kind }>((tie) => ({
  kind: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(names, fc.array(fc.tuple(tie("kind"), fc.boolean()), { minLength: 4, maxLength: 4 }))
      .map(([keys, kinds]) =>
        objectOf(keys.flatMap((key, n) => (kinds[n] === undefined ? [] : [[key, ...kinds[n]] as const]))),
      ),
    tie("kind").map(({ schema, fits }) => ({ schema: z.array(schema).max(4), fits: fc.array(fits, { maxLength: 4 }) })),
    fc.array(tie("kind"), { minLength: 1, maxLength: 3 }).map(unionOf),
    fc.tuple(tie("kind"), tie("kind")).map(([a, b]) => ({
      schema: z.tuple([a.schema, b.schema]),
      fits: fc.tuple(a.fits, b.fits),
    })),
    // A schema with a name of its own is a definition that is referred to.
    tie("kind").map((kind) => {
      const named = { ...kind, schema: kind.schema.meta({ id: `definition ${definitions++}` }) };
      return objectOf([
        ["first", named, false],
        ["second", named, true],
      ]);
    }),
    tie("kind").map(({ schema, fits }) => ({
      schema: z.array(schema.meta({ id: `definition ${definitions++}` })).max(3),
      fits: fc.array(fits, { maxLength: 3 }),
    })),
  ),
}));

const cases = anyKind.chain((kind) => kind.fits.map((value) => ({ ...kind, value })));

const CANDIDATES: readonly unknown[] = [null, "\u0000 nowhere", 12345.5, true, [[]], { zz: 1 }];

function misfitOf(schema: z.ZodType): unknown {
  return CANDIDATES.find((candidate) => !schema.safeParse(candidate).success);
}

const texts: string[] = [];
let simulator: ScriptedSimulator;

beforeAll(async () => {
  simulator = await startScript(() => ({ text: texts.shift() ?? "the end" }));
});
afterAll(() => simulator.close());

interface Play {
  kind: Kind;
  api: "chat" | "responses";
  answers: readonly string[];
}

async function play({ kind, api, answers }: Play): Promise<RunResult> {
  const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
  texts.splice(0, texts.length, ...answers);
  const model = client.model("grok-4.7", { api });
  return createAgent({ name: "any", model, output: kind.schema }).run("go", { reject: false });
}

function asAnswer({ isObject }: Kind, value: unknown): string {
  return JSON.stringify(isObject ? value : { answer: value });
}

const api = fc.constantFrom("chat", "responses");

describe("any schema that the gate passes, on either endpoint,", () => {
  it("is taken by a strict server, and an answer that fits completes the run with its value", async () => {
    await fc.assert(
      fc.asyncProperty(cases, api, async ({ value, ...kind }, api) => {
        const result = await play({ kind, api, answers: [asAnswer(kind, value)] });
        expect(result).toMatchObject({ status: "completed", turns: 1 });
        expect(result.status === "completed" && result.output).toEqual(kind.schema.parse(value));
      }),
      { numRuns: 80 },
    );
    expect(JSON.stringify(simulator.requests)).toContain("$defs");
  });

  it("sends an answer that does not fit back, and takes the one that does", async () => {
    await fc.assert(
      fc.asyncProperty(cases, api, fc.integer({ min: 1, max: 2 }), async ({ value, ...kind }, api, times) => {
        const misfit = misfitOf(kind.schema);
        fc.pre(misfit !== undefined);
        const bad = Array.from({ length: times }, () => asAnswer({ ...kind }, misfit));
        const result = await play({ kind, api, answers: [...bad, asAnswer(kind, value)] });
        expect(result).toMatchObject({ status: "completed", turns: times + 1 });
        expect(result.status === "completed" && result.output).toEqual(kind.schema.parse(value));
      }),
      { numRuns: 50 },
    );
  });

  it("ends as invalid_output when no answer fits, and never otherwise", async () => {
    await fc.assert(
      fc.asyncProperty(cases, api, async (kind, api) => {
        const misfit = misfitOf(kind.schema);
        fc.pre(misfit !== undefined);
        const answers = Array.from({ length: 3 }, () => asAnswer(kind, misfit));
        const result = await play({ kind, api, answers });
        expect(result).toMatchObject({ status: "failed", error: { code: "invalid_output" }, turns: 3 });
      }),
      { numRuns: 30 },
    );
  });
});
