// An agent with one tool, asked about two cities. Prints every event as it comes, then the answer and what it cost.
// On xAI when XAI_API_KEY is set (XAI_BASE_URL for any compatible endpoint), else on a simulator it starts itself.
import { createAgent, formatCost, formatUsage, type RunEvent } from "fairwitness";
import { findPlace } from "./support/place.ts";
import { printable } from "./support/printable.ts";

await using place = await findPlace();
const { getWeather } = place;

const forecaster = createAgent({
  name: "forecaster",
  model: place.model,
  instructions: "You answer questions about the weather. Look it up; do not guess.",
  tools: [getWeather],
});

const question = process.argv.slice(2).join(" ") || "What is the weather in Lisbon and in Oslo?";
console.log(`${place.label}\n\nQ: ${question}\n`);

const run = forecaster.stream(question);
process.once("SIGINT", () => void run.cancel("interrupted with Ctrl-C"));
for await (const event of run) show(event);

const result = await run.result();
const tokens = `tokens: ${formatUsage(result.usage)}`;
console.log(
  `\n${result.status}: ${result.turns} turns, ${result.toolCalls.length} tool calls, ${tokens}, cost ${formatCost(result.cost)}`,
);
if (result.simulated) console.log("SIMULATED: tokens and cost are the simulator's estimates; nothing was billed.");
if (result.status === "failed") console.error(`Failed: ${result.error.message}`);
if (result.status === "cancelled") console.error(`Cancelled: ${result.reason}`);
process.exitCode = exitCode();

function show(event: RunEvent): void {
  if (event.type === "text.delta") process.stdout.write(printable(event.delta));
  if (event.type === "turn.started") console.log(`turn ${event.turn}`);
  if (event.type === "turn.retrying")
    console.log(
      `\n  attempt ${event.attempt} failed: ${event.error.message}; again in ${Math.round(event.delayMs)} ms`,
    );
  if (event.type === "tool.input")
    console.log(`  ${event.call.tool} asked by the model: ${printable(JSON.stringify(event.call.input))}`);
  if (event.type === "tool.executing")
    console.log(
      `  ${event.call.tool} runs here (executor: ${event.call.executor}, effect: ${event.effect ?? "undeclared"})`,
    );
  if (event.type === "tool.completed")
    console.log(
      `  ${event.call.tool} ${event.outcome} after ${Math.round(event.durationMs ?? 0)} ms: ${printable(event.content)}`,
    );
  if (event.type === "turn.completed")
    console.log(
      `${event.message.content === "" ? "" : "\n"}  turn ${event.turn} took ${Math.round(event.timing.totalMs)} ms (${event.finishReason})`,
    );
}

/** An example that does not do what it says must not look as if it did. */
function exitCode(): number {
  if (result.status === "cancelled") return 130;
  if (result.status !== "completed") return 1;
  const done = result.toolCalls.filter((entry) => entry.outcome === "ok").length;
  if (!place.isSimulated || process.argv.length > 2 || done === 2) return 0;
  console.error(`Expected two weather lookups, saw ${done}.`);
  return 1;
}
