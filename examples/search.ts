// What people say, and whether it is true: X search, web search and code that run at xAI, and one tool that runs here,
// in one run. Prints the activity as it happens and the evidence report at the end; the record stays in .fairwitness/.
import { codeExecution, createAgent, foldEvidence, formatEvidence, webSearch, xSearch } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { createActivityLog } from "./support/activity.ts";
import { finish } from "./support/finish.ts";
import { findPlace } from "./support/place.ts";
import { printable } from "./support/printable.ts";

await using place = await findPlace();

const checker = createAgent({
  name: "checker",
  model: place.model,
  instructions:
    "Find out what people say on X and on the web, then check it: with the weather tool where it is about weather, with code where it is about numbers. Say what holds and what does not, and cite.",
  tools: [place.getWeather, xSearch(), webSearch(), codeExecution()],
  limits: { costUsd: 0.5, serverTurns: 12 },
  store: createFileStore(),
});

const question =
  process.argv.slice(2).join(" ") ||
  "What are people saying about the heat in Lisbon, and is it true? Check the weather in Lisbon, and work out 22.5 * 1.8 + 32.";
console.log(`${place.label}\n\nQ: ${question}\n`);

const run = checker.stream(question);
process.once("SIGINT", () => void run.cancel("interrupted with Ctrl-C"));
const show = createActivityLog();
for await (const event of run) show(event);

const result = await run.result();
console.log(`\n${printable(formatEvidence(foldEvidence(run.record)))}`);
console.log(`Again: npm run fairwitness -- runs sources ${run.id} --md`);
const isAsPlanned = place.isSimulated && process.argv.length === 2;
finish(result, isAsPlanned ? { get_weather: 1, x_search: 1, web_search: 1, code_execution: 1 } : {});
