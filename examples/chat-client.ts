// The thin client alone, without an agent: the models of a key, then an answer as pairs of (response, chunk).
// On xAI when XAI_API_KEY is set (XAI_BASE_URL for any compatible endpoint), else on a simulator it starts itself.
import { createClient } from "fairwitness";
import { type Simulator, startSimulator } from "fairwitness/sim";
import { printable } from "./support/printable.ts";

const simulator = process.env.XAI_API_KEY ? undefined : await startSimulator();
const client = createClient(accessTo(simulator));

const models = await client.models.list();
console.log(`Models: ${models.map((model) => model.id).join(", ")}\n`);

const question = process.argv.slice(2).join(" ") || "Say hello in one short sentence.";
const stream = client.chat.completions.stream({ model: "grok-4.7", messages: [{ role: "user", content: question }] });
let shown = "";
let soFar: string | undefined;
for await (const [response, chunk] of stream) {
  const added = chunk.type === "chunk" ? (chunk.choices[0]?.delta.content ?? "") : "";
  process.stdout.write(printable(added));
  shown += added;
  soFar = response.choices[0]?.message.content;
}

const { choices, usage } = await stream.result();
console.log(`\n\n${choices[0]?.finish_reason}: ${usage?.prompt_tokens} tokens in, ${usage?.completion_tokens} out`);
if (simulator !== undefined) console.log("SIMULATED: a simulator on this machine answered; nothing was billed.");
await simulator?.close();
if (choices[0]?.message.content !== shown || soFar !== shown) {
  console.error("The pieces do not add up to the answer.");
  process.exitCode = 1;
}

function accessTo(simulated: Simulator | undefined): { apiKey?: string; baseURL?: string } {
  return simulated === undefined ? {} : { apiKey: simulated.apiKey, baseURL: simulated.url };
}
