import { describe, expect, test } from "vitest";
import { z } from "zod";
import { callTool, defineTool } from "../../src/tool/index.ts";
import { requestOf, toolOf } from "./support.ts";

const checkOf = (input: z.ZodType): ((value: unknown) => unknown) =>
  defineTool({ name: "act", description: "Acts.", input, execute: () => 1 }).check;

describe("the check of a zod schema", () => {
  test("answers at once where nothing in it can give a promise", () => {
    const check = checkOf(
      z.object({ city: z.string().min(1), days: z.int().max(9).default(3), at: z.array(z.enum(["a"])) }),
    );
    expect(check({ city: "Oslo", at: ["a"] })).toEqual({ ok: true, value: { city: "Oslo", days: 3, at: ["a"] } });
    expect(check({ city: "", at: [] })).toMatchObject({ ok: false, issues: [{ path: "city" }] });
  });

  test("is waited for where a refinement stands in it, however deep, and runs that once", async () => {
    let runs = 0;
    const odd = z.number().refine(async (n) => {
      runs += 1;
      return n % 2 === 1;
    });
    const check = checkOf(z.object({ list: z.array(z.object({ n: odd.optional() })) }));
    const verdict = check({ list: [{ n: 2 }] });
    expect(verdict).toBeInstanceOf(Promise);
    expect(await verdict).toMatchObject({ ok: false, issues: [{ path: "list.0.n" }] });
    expect(runs).toBe(1);
  });
});

describe("a handler", () => {
  test("that gives back no promise is answered for at once, without a timer", () => {
    let timers = 0;
    const { clock } = requestOf();
    const counted = (ms: number, act: () => void): (() => void) => {
      timers += 1;
      return clock.after(ms, act);
    };
    const counting = { ...clock, after: counted };
    expect(
      callTool(
        toolOf(() => 7),
        {},
        requestOf({ clock: counting }),
      ),
    ).toMatchObject({ outcome: "ok", output: 7 });
    expect(timers).toBe(0);
  });

  test("that ends the run while it stands in it is answered for as cancelled, and what it gives back is late", () => {
    const stop = new AbortController();
    const late: unknown[] = [];
    const tool = toolOf(() => {
      stop.abort("enough");
      return 7;
    });
    const request = requestOf({ signal: stop.signal, onLate: (answer) => void late.push(answer.output) });
    expect(callTool(tool, {}, request)).toMatchObject({ outcome: "cancelled" });
    expect(late).toEqual([7]);
  });
});
