// For workerd, which is what Cloudflare Workers run on: no process and no file system.
import { runProgram } from "./program.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const place = { baseURL: searchParams.get("baseURL") ?? "", apiKey: searchParams.get("apiKey") ?? "" };
    return Response.json(await runProgram(place));
  },
};
