// For runtimes with a command line: Node, Bun and Deno.
import { runProgram } from "./program.ts";

const [baseURL = "", apiKey = ""] = process.argv.slice(2);
console.log(JSON.stringify(await runProgram({ baseURL, apiKey })));
