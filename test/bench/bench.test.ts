import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { answersOf } from "../../bench/answers/index.ts";
import { drawChart } from "../../bench/chart.ts";
import { examine } from "../../bench/examine.ts";
import { planOf } from "../../bench/plan.ts";
import { formatReport } from "../../bench/report-text.ts";
import { merged, readResults } from "../../bench/results.ts";
import { rowOf, spread } from "../../bench/statistics.ts";
import { type Done, doRun, temperature, textPieces } from "../../bench/work.ts";
import { small, WORKLOADS } from "../../bench/workloads/index.ts";
import { root } from "../project/readme-text.ts";

const read = (name: string): string => readFileSync(`${root}/bench/${name}`, "utf8");
const workloadOf = (name: string) => small(planOf([name]).workloads[0] ?? WORKLOADS[0] ?? expect.fail("no workload"));

/** A contender that does everything, without a server. */
function honest(workload: ReturnType<typeof workloadOf>): () => Promise<Done> {
  return async () => {
    for (let place = 0; place < workload.toolTurns * workload.callsPerTurn; place++) {
      temperature({ city: "City", place, unit: "celsius", note: "" });
    }
    const { textChunks, serverCalls, citations } = workload;
    return { text: textPieces(workload).join(""), textChunks, serverCalls, citations };
  };
}

describe("a run of a contender", () => {
  const workload = workloadOf("calls");

  test("is let pass when all of the work was done", async () => {
    await doRun(honest(workload), workload);
  });

  test.each([
    ["text", { text: "short" }],
    ["textChunks", { textChunks: 1 }],
    ["citations", { citations: 1 }],
    ["serverCalls", { serverCalls: 2 }],
  ])("is refused when its %s is not what the server sent", async (what, wrong) => {
    const work = honest(workload);
    await expect(doRun(async () => ({ ...(await work()), ...wrong }), workload)).rejects.toThrow(what);
  });

  test("is refused when a tool did not run, or ran without the schema's default", async () => {
    const { toolTurns, callsPerTurn } = workload;
    const fewer = honest({ ...workload, toolTurns: toolTurns - 1 });
    await expect(doRun(fewer, workload)).rejects.toThrow(`not ${toolTurns * callsPerTurn}`);
    const unchecked = async (): Promise<Done> => {
      const done = await honest({ ...workload, toolTurns: 0 })();
      for (let place = 0; place < toolTurns * callsPerTurn; place++) {
        temperature({ city: "City", place, unit: "fahrenheit", note: "" });
      }
      return done;
    };
    await expect(doRun(unchecked, workload)).rejects.toThrow("placesSum");
  });

  test("is refused by the server when a result is missing in the last request", () => {
    const one = { ...workload, toolTurns: 1, callsPerTurn: 1 };
    const request = (messages: readonly object[]) => Buffer.from(JSON.stringify({ stream: true, messages }));
    const call = { role: "assistant", tool_calls: [{ id: "call_0", function: { arguments: "{}" } }] };
    const result = { role: "tool", tool_call_id: "call_0", content: '{"unit":"celsius"}' };
    const session = { workload: one, answers: answersOf(one), requests: 2, finals: 1 };
    expect(examine({ ...session, last: request([call, result]) })).toEqual({ runs: 1 });
    expect(examine({ ...session, last: request([call]) })).toMatchObject({
      mistake: expect.stringContaining("0 results"),
    });
    expect(examine({ ...session, requests: 3, last: request([call, result]) })).toHaveProperty("mistake");
  });
});

describe("the figures", () => {
  test("are medians with the least and the most, and ratios within a repetition", () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    const measured = (cpuMs: number) => ({ cpuMs, wallMs: cpuMs, peakRssMiB: 100 });
    const names = { workload: "text", contender: "ai", at: "2026-11-28T00:00:00.000Z" };
    const row = rowOf(names, [measured(10), measured(40)], [measured(1), measured(2), measured(4)]);
    expect(row.cpuRatio).toEqual({ median: 15, min: 10, max: 20 });
    expect(row.repetitions).toBe(2);
  });

  test("in the tables and in the chart are those of results.json", () => {
    const results = readResults();
    expect(read("RESULTS.md")).toBe(formatReport(results));
    expect(read("chart.svg")).toBe(drawChart(results));
  });

  test("say of a contender that was not measured, or did not do the work, that it has none", () => {
    const results = readResults();
    const rows = results.rows.filter(({ contender }) => contender === "floor");
    const refused = { workload: "text", contender: "ai", at: "2026-11-28T00:00:00.000Z", refused: "it could not" };
    const report = formatReport({ ...results, rows: [...rows, refused] });
    expect(report).toMatch(/^\| ai \(Vercel AI SDK\) \| – \| \? \|/m);
    expect(report).toContain("| ai (Vercel AI SDK) | text | it could not |");
    expect(drawChart({ ...results, rows: [...rows, refused] })).toContain("not measured");
  });

  test("that were found before stay beside new ones, unless their workload is another now", () => {
    const before = readResults();
    const [first] = before.workloads;
    const row = before.rows.find(({ workload }) => workload === first?.name) ?? expect.fail("no row");
    const found = { ...before, rows: [{ ...row, at: "2027-01-01T00:00:00.000Z" }], cold: [], growth: null, layers: [] };
    expect(merged(before, found).rows).toHaveLength(before.rows.length);
    expect(merged(before, found).cold).toEqual(before.cold);
    const changed = before.workloads.map((one) => (one === first ? { ...one, runs: one.runs + 1 } : one));
    const left = merged(before, { ...found, workloads: changed }).rows.filter(
      ({ workload }) => workload === first?.name,
    );
    expect(left).toEqual(found.rows);
  });
});

describe("the peers", () => {
  test("are pinned by their content, and stay out of what the product installs", () => {
    const { packages }: { packages: Record<string, { integrity?: string; link?: boolean; resolved?: string }> } =
      JSON.parse(read("package-lock.json"));
    const places = Object.entries(packages).filter(([place]) => place.startsWith("node_modules/"));
    expect(places.length).toBeGreaterThan(200);
    const loose = places.filter(([, { integrity, link }]) => integrity === undefined && link !== true);
    expect(loose.map(([place]) => place)).toEqual([]);
    expect(places.filter(([, { resolved }]) => resolved?.includes("://"))).toEqual([]);
  });

  test("that are not called by a name that is known are not measured", () => {
    expect(() => planOf(["texts"])).toThrow("texts");
  });
});
