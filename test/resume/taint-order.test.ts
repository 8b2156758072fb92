import { createAgent, type TaintSource } from "fairwitness";
import { expect, it } from "vitest";
import { call } from "../support/play.ts";
import { effects, says } from "./support.ts";

it("the source of text from outside is the first of the calls that brought it in, whichever of them ended first", async () => {
  const sources: (readonly TaintSource[])[] = [];
  for (const slow of ["one", "two"]) {
    const execute = ({ url }: { url?: unknown }): Promise<string> =>
      new Promise((resolve) => setTimeout(resolve, url === slow ? 20 : 0, "text"));
    const [page, mail] = ["fetch_page", "read_mail"].map((name) => effects(name, { origin: "external", execute }).tool);
    const asked = [
      call("read_mail", { url: "one" }),
      call("fetch_page", { url: "one" }),
      call("fetch_page", { url: "two" }),
    ];
    const tools = [page, mail].filter((tool) => tool !== undefined);
    const { taint } = await createAgent({ name: "t", model: says({ calls: asked }), tools }).run("go");
    sources.push(taint);
  }
  expect(sources[0]).toMatchObject([
    { tool: "read_mail", callId: "call_0_0" },
    { tool: "fetch_page", callId: "call_0_1" },
  ]);
  expect(sources[1]).toEqual(sources[0]);
});
