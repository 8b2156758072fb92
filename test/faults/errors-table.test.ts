import { AgentError } from "fairwitness";
import { describe, expect, test } from "vitest";
import { nodesOf } from "../project/syntax.ts";
import { OWN } from "./errors/provoke-own.ts";
import { RUN } from "./errors/provoke-run.ts";
import { type Provoke, SERVER } from "./errors/provoke-server.ts";
import { WAY } from "./errors/provoke-way.ts";
import { readErrorRows } from "./errors/table.ts";

const rows = readErrorRows();
const PROVOKED: ReadonlyMap<string, Provoke> = new Map(
  [SERVER, WAY, OWN, RUN].flatMap((provoked) => Object.entries(provoked)),
);

/** The union in errors.ts, as it is written. */
function errorCodes(): readonly string[] {
  const isCodes = (node: { type: string; id?: unknown }): boolean =>
    node.type === "TSTypeAliasDeclaration" && (node.id as { name: string }).name === "ErrorCode"; // an alias has a name
  const codes = [...nodesOf("src/errors.ts")].find(isCodes);
  return [...JSON.stringify(codes).matchAll(/"value":"(\w+)"/g)].map(([, code = ""]) => code);
}

describe("docs/errors.md", () => {
  test("has a row for every code that an error can have, and no other", () => {
    const codes = errorCodes();
    expect(codes).toContain("connection_failed");
    expect([...new Set(rows.map((row) => row.code))].sort()).toEqual([...codes].sort());
  });

  test("tells of nothing twice, and of nothing that is not brought about here", () => {
    expect(rows.map((row) => row.what).sort()).toEqual([...PROVOKED.keys()].sort());
  });

  test.each(rows.map((row) => [row.what, row.code, row] as const))("%s: %s, as the page says", async (_, code, row) => {
    const error = await PROVOKED.get(row.what)?.();
    const { message, retryable = false, status } = error as AgentError & { status?: number }; // the fields that events have too
    expect({ code: (error as AgentError).code, retryable }, message).toEqual({ code, retryable: row.retryable });
    if (row.status !== undefined) expect(status).toBe(row.status);
    let rest = message;
    for (const piece of row.says) {
      expect(rest).toContain(piece);
      rest = rest.slice(rest.indexOf(piece) + piece.length);
    }
    expect(error).toSatisfy((thrown) => thrown instanceof AgentError || row.what === "A tool took too long");
  });
});
