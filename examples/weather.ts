// An agent with one tool, asked about two cities. Prints every event as it comes, then the answer and what it cost.
// On xAI when XAI_API_KEY is set (XAI_BASE_URL for any compatible endpoint), else on a simulator it starts itself.
import { createAgent } from "fairwitness";
import { createActivityLog } from "./support/activity.ts";
import { finish } from "./support/finish.ts";
import { findPlace } from "./support/place.ts";

await using place = await findPlace();

const forecaster = createAgent({
  name: "forecaster",
  model: place.model,
  instructions: "You answer questions about the weather. Look it up; do not guess.",
  tools: [place.getWeather],
});

const question = process.argv.slice(2).join(" ") || "What is the weather in Lisbon and in Oslo?";
console.log(`${place.label}\n\nQ: ${question}\n`);

const run = forecaster.stream(question);
process.once("SIGINT", () => void run.cancel("interrupted with Ctrl-C"));
const show = createActivityLog();
for await (const event of run) show(event);

const isAsPlanned = place.isSimulated && process.argv.length === 2;
finish(await run.result(), isAsPlanned ? { get_weather: 2 } : {});
