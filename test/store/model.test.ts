import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { AgentError } from "../../src/errors.ts";
import type { StoredEvent } from "../../src/event/index.ts";
import type { Lease, LocalStore } from "../../src/store/index.ts";
import { completed, STORES, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-model-"));
afterAll(() => rmSync(home, { recursive: true }));

const TTL_MS = 100;

/** What a store is, said as plainly as can be: of one run, with two who want it. */
interface Plain {
  now: number;
  events: StoredEvent[];
  letters: { name: string; value: unknown }[];
  holder: { who: number; until: number } | undefined;
}

interface Real {
  store: LocalStore;
  leases: (Lease | undefined)[];
  clock: { ms: number };
}

type Command = fc.AsyncCommand<Plain, Real>;

const heldBy = ({ holder, now }: Plain): number | undefined =>
  holder !== undefined && holder.until > now ? holder.who : undefined;
const codeOf = (act: () => unknown): Promise<string> =>
  (async () => act())().then(
    () => "done",
    (error: AgentError) => error.code ?? String(error),
  );

function command(name: string, run: (plain: Plain, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

const pass = (ms: number): Command =>
  command(`pass ${ms}`, async (plain, { clock }) => {
    plain.now += ms;
    clock.ms += ms;
  });

const take = (who: number): Command =>
  command(`take ${who}`, async (plain, real) => {
    const code = await codeOf(async () => {
      real.leases[who] = await real.store.lease("run_1", { owner: `${who}`, ttlMs: TTL_MS });
    });
    const isFree = heldBy(plain) === undefined;
    expect(code).toBe(isFree ? "done" : "run_locked");
    if (isFree) plain.holder = { who, until: plain.now + TTL_MS };
  });

/** What a lease that somebody once had is good for: only the last one counts, until it ends. */
const isMine = (plain: Plain, who: number): boolean => heldBy(plain) === who;

const renew = (who: number): Command =>
  command(`renew ${who}`, async (plain, { leases }) => {
    const lease = leases[who];
    if (lease === undefined) return;
    expect(await codeOf(() => lease.renew())).toBe(isMine(plain, who) ? "done" : "lease_lost");
    if (isMine(plain, who)) plain.holder = { who, until: plain.now + TTL_MS };
  });

const release = (who: number): Command =>
  command(`release ${who}`, async (plain, { leases }) => {
    expect(await codeOf(() => leases[who]?.release())).toBe("done");
    if (isMine(plain, who)) plain.holder = undefined;
  });

/** @param who Whose lease; undefined without one. @param ahead How far from the right place. */
const append = (who: number | undefined, ahead: number, count: number): Command =>
  command(`append ${who} +${ahead} x${count}`, async (plain, { store, leases }) => {
    const epoch = who === undefined ? undefined : leases[who]?.epoch;
    if (who !== undefined && epoch === undefined) return;
    const first = Math.max(0, plain.events.length + ahead);
    const events = Array.from({ length: count }, (_, index) =>
      first + index === 0 ? started("run_1") : completed("run_1", first + index),
    );
    const code = await codeOf(() => store.append("run_1", events, epoch === undefined ? {} : { epoch }));
    expect(code).toBe(expectedCode(plain, who, first));
    if (code === "done") plain.events.push(...events);
    const stored = await store.read("run_1").catch(() => ({ events: [] }));
    expect(stored.events).toEqual(plain.events);
  });

function expectedCode(plain: Plain, who: number | undefined, first: number): string {
  if (who !== undefined && !isMine(plain, who)) return "lease_lost";
  if (who === undefined && heldBy(plain) !== undefined) return "run_locked";
  return first === plain.events.length ? "done" : "seq_conflict";
}

const send = (name: string, value: number): Command =>
  command(`send ${name} ${value}`, async (plain, { store }) => {
    if (plain.events.length === 0) {
      expect(await codeOf(() => store.inbox.send("run_1", name, value))).toBe("not_found");
      return;
    }
    const known = plain.letters.find((letter) => letter.name === name);
    if (known === undefined) plain.letters.push({ name, value });
    const sent = await store.inbox.send("run_1", name, value);
    expect(sent).toMatchObject({ isFirst: known === undefined, value: known?.value ?? value });
    expect(await store.inbox.received("run_1")).toMatchObject(plain.letters);
  });

const erase: Command = command("delete", async (plain, real) => {
  const isFree = heldBy(plain) === undefined;
  const expected =
    plain.events.length === 0
      ? isFree
        ? ["not_found"]
        : ["not_found", "run_locked"]
      : [isFree ? "done" : "run_locked"];
  const code = await codeOf(() => real.store.delete("run_1"));
  expect(expected).toContain(code);
  if (code !== "done") return;
  plain.events = [];
  plain.letters = [];
  plain.holder = undefined;
  real.leases = [];
});

const list: Command = command("list", async (plain, { store }) => {
  const last = plain.events.at(-1);
  const status = plain.events.length > 1 ? "completed" : "open";
  expect(await store.list()).toMatchObject(last === undefined ? [] : [{ runId: "run_1", status, updatedAt: last.at }]);
});

const who = fc.nat(1);
const commands = fc.commands(
  [
    fc.nat(60).map(pass),
    who.map(take),
    who.map(renew),
    who.map(release),
    fc
      .tuple(fc.option(who, { nil: undefined }), fc.constantFrom(0, 0, 0, -1, 1), fc.integer({ min: 1, max: 3 }))
      .map(([whose, ahead, count]) => append(whose, ahead, count)),
    fc.tuple(fc.constantFrom("a", "b"), fc.nat(9)).map(([name, value]) => send(name, value)),
    fc.constant(erase),
    fc.constant(list),
  ],
  { maxCommands: 40 },
);

describe.each(STORES)("a store %s", (_name, open) => {
  test("does what a plain model of it does, whatever is asked of it", async () => {
    let folders = 0;
    await fc.assert(
      fc.asyncProperty(commands, async (asked) => {
        const clock = { ms: 1_000 };
        folders += 1;
        const store = open(join(home, `${_name}-${folders}`), () => clock.ms);
        await fc.asyncModelRun(
          () => ({
            model: { now: clock.ms, events: [], letters: [], holder: undefined },
            real: { store, leases: [], clock },
          }),
          asked,
        );
      }),
      { numRuns: 60 },
    );
  });
});
