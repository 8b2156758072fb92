import { expectTypeOf, test } from "vitest";
import type { RunEvent } from "../../src/event/index.ts";
import type { CodeExecutionInput, WebSearchInput, XSearchInput } from "../../src/message/index.ts";
import {
  type AgentTool,
  type CodeExecutionTool,
  type ContextOf,
  codeExecution,
  collectionsSearch,
  remoteMcp,
  webSearch,
  xSearch,
} from "../../src/tool/index.ts";

test("the kind of a call narrows its input", () => {
  const look = (event: RunEvent): void => {
    if (event.type !== "tool.input") return;
    if (event.call.kind === "x_search") {
      expectTypeOf(event.call.input).toEqualTypeOf<XSearchInput | undefined>();
      expectTypeOf(event.call.input?.query).toEqualTypeOf<string | undefined>();
      expectTypeOf(event.call.input?.undocumented).toEqualTypeOf<unknown>();
      expectTypeOf(event.call.executor).toEqualTypeOf<"server">();
      expectTypeOf(event.call.action).toEqualTypeOf<string | undefined>();
    }
    if (event.call.kind === "web_search") expectTypeOf(event.call.input).toEqualTypeOf<WebSearchInput | undefined>();
    if (event.call.kind === "code_execution") {
      expectTypeOf(event.call.input).toEqualTypeOf<CodeExecutionInput | undefined>();
    }
    if (event.call.kind === "mcp") expectTypeOf(event.call.input).toEqualTypeOf<unknown>();
    if (event.call.executor === "client") expectTypeOf(event.call.kind).toEqualTypeOf<"function">();
  };
  expectTypeOf(look).toBeFunction();
});

test("server tools stand in a list of tools and ask for no context", () => {
  const tools = [webSearch(), xSearch(), codeExecution()] as const;
  expectTypeOf(tools).toExtend<readonly AgentTool[]>();
  expectTypeOf<ContextOf<typeof tools>>().toEqualTypeOf<unknown>();
});

test("what cannot be meant does not compile", () => {
  expectTypeOf(codeExecution).returns.toEqualTypeOf<CodeExecutionTool>();
  const wrong = [
    // @ts-expect-error code execution has no options
    (): unknown => codeExecution({ container: "auto" }),
    // @ts-expect-error it must be said what is searched
    (): unknown => collectionsSearch({}),
    // @ts-expect-error a server has an address and a label
    (): unknown => remoteMcp({ url: "https://example.com" }),
    // @ts-expect-error named `from` here
    (): unknown => xSearch({ from_date: "2026-01-01" }),
    // @ts-expect-error a list
    (): unknown => webSearch({ allowedDomains: "example.com" }),
  ];
  expectTypeOf(wrong).toBeArray();
});
