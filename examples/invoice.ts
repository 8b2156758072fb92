// A typed answer from a picture and a tool: the model reads an invoice, looks up the order, and answers in a form that is
// checked. Takes the path of another picture. On xAI when XAI_API_KEY is set, else on a simulator, which sees no picture.
import { readFile } from "node:fs/promises";
import { createAgent, defineTool, imagePart } from "fairwitness";
import { z } from "zod";
import { finish } from "./support/finish.ts";
import { findPlace } from "./support/place.ts";
import { printable } from "./support/printable.ts";

await using place = await findPlace("no picture is seen: the figures are those of the order");

const findOrder = defineTool({
  name: "find_order",
  description: "Finds what was agreed on with a supplier: an order, by its number.",
  input: z.object({ order: z.string() }),
  effect: "read",
  execute: ({ order }) => ({ order, supplier: "Lumen Oy", total: 163.02, currency: "EUR" }), // your own books go here
});
const clerk = createAgent({
  name: "clerk",
  model: place.model,
  instructions: "Pay an invoice only if supplier, order and total are those of the order. Look it up; do not guess.",
  tools: [findOrder],
  output: z.discriminatedUnion("verdict", [
    z.object({ verdict: z.literal("pay"), order: z.string(), supplier: z.string(), total: z.number().positive() }),
    z.object({ verdict: z.literal("ask"), question: z.string() }),
  ]),
});

const picture = await readFile(process.argv[2] ?? new URL("support/invoice.png", import.meta.url));
const content = [{ type: "text" as const, text: "Is this invoice for the order PO-4711 right?" }, imagePart(picture)];
console.log(`${place.label}\n`);

const result = await clerk.run({ role: "user", content }, { reject: false });
const output = result.status === "completed" ? result.output : undefined; // typed: `verdict` tells the two forms apart
if (output?.verdict === "pay") console.log(`Pay ${output.total} to ${printable(output.supplier)}.`);
if (output?.verdict === "ask") console.log(printable(output.question));
finish(result, place.isSimulated ? { find_order: 1 } : {});
if (place.isSimulated && output?.verdict !== "pay") process.exitCode = 1;
