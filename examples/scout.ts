// The main job: an agent with a tool that runs here and searches that run at xAI, in one run, every event printed.
// On xAI when XAI_API_KEY is set (XAI_BASE_URL for any compatible endpoint), else on a simulator it starts itself.
import { createAgent, webSearch, xSearch } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { createActivityLog } from "./support/activity.ts";
import { finish } from "./support/finish.ts";
import { findPlace } from "./support/place.ts";
import { printable } from "./support/printable.ts";

await using place = await findPlace();

const scout = createAgent({
  name: "scout",
  model: place.model,
  instructions: "You plan sailing days. Check the weather and what sailors say today; do not guess, and cite.",
  tools: [place.getWeather, webSearch(), xSearch()],
  store: createFileStore(),
});

const question =
  process.argv.slice(2).join(" ") ||
  "What is the weather in Lisbon and in Oslo, and what are people saying about sailing there?";
console.log(`${place.label}\n\nQ: ${question}\n`);

const run = scout.stream(question);
process.once("SIGINT", () => void run.cancel("interrupted with Ctrl-C"));
const show = createActivityLog();
for await (const event of run) show(event);

const result = await run.result();
for (const { source, span } of result.citations) {
  const claim = span === undefined ? "" : ` for "${printable(result.text.slice(span.start, span.end))}"`;
  console.log(`  cited: ${printable(source.url ?? source.id)}${claim}`);
}
console.log(`  record: npm run fairwitness -- runs show ${run.id}`);
const isAsPlanned = place.isSimulated && process.argv.length === 2;
finish(result, isAsPlanned ? { get_weather: 2, x_search: 1 } : {});
