// A process is killed in the middle of its work (SIGKILL, at the worst moment: an invoice is sent, and the record does not say so yet).
// Another one goes on from the record, and each invoice is sent once. Ctrl-C at any point, then start it again: it goes on from
// where it was. On xAI when XAI_API_KEY is set, else on a simulator it starts itself.
import { writeSync } from "node:fs";
import { createAgent, defineTool, foldResult } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { z } from "zod";
import { createActivityLog } from "./support/activity.ts";
import { openBooks } from "./support/books.ts";
import { finish } from "./support/finish.ts";
import { findPlace } from "./support/place.ts";
import { printable } from "./support/printable.ts";
import { beginRun, isUnfinished, runPart, stopOnInterrupt, unfinishedRun } from "./support/processes.ts";

const store = createFileStore(); // .fairwitness/: all that the processes have in common
const mail = openBooks("mail"); // outside the agent: it counts what was really sent
const DIES_AT = 2;

const [part, runId = ""] = process.argv.slice(2);

const sendInvoice = defineTool({
  name: "send_invoice",
  description: "Sends the invoice of this month to a customer.",
  input: z.object({ customer: z.string() }),
  effect: "write", // never run again in silence
  execute: ({ customer }, { key, runId: id }) => {
    mail.write({ key, what: `an invoice to ${customer}` });
    if (part === "begin" && mail.of(id).length === DIES_AT) die(customer);
    return { sent: customer };
  },
  // Where a process died in the middle of it, the mail service knows whether it was sent.
  reconcile: ({ customer }, { key }) =>
    mail.find(key) === undefined ? { happened: false } : { happened: true, output: { sent: customer } },
});

if (part === "begin" || part === "go-on") await work();
else await play();

/** A process that runs the agent. The first one dies of its second invoice. */
async function work(): Promise<void> {
  await using place = await findPlace("no mail is sent");
  const { model, label } = place;
  // One call a turn, so that there is something in the middle to die in.
  const settings = { parallelToolCalls: false };
  const agent = createAgent({ name: "invoices", model, tools: [sendInvoice], settings, store });
  const question = 'Send an invoice to "Ana", "Bo" and "Kim".';
  if (part === "begin") console.log(`${label}\n\nQ: ${question}\n`);
  const run = part === "begin" ? agent.stream(question) : await agent.resume(runId);
  const show = createActivityLog();
  for await (const event of run) show(event);
  finish(await run.result());
}

function die(customer: string): void {
  writeSync(1, `  the invoice to ${printable(customer)} is sent: SIGKILL, before the record can say so\n`);
  process.kill(process.pid, "SIGKILL");
}

/** The process that was started first: it starts the others, and looks at what was sent at the end. */
async function play(): Promise<void> {
  stopOnInterrupt();
  let run = await unfinishedRun(store, "invoices");
  if (run !== undefined) console.log(`An earlier start left ${run.runId}: this one goes on with it.`);
  else {
    console.log(`1. A process runs the agent. It is killed as soon as it has sent invoice ${DIES_AT}.\n`);
    run = await beginRun(store, "invoices");
  }
  const { runId: id } = run;
  for (let tries = 0; tries < 5 && (await isUnfinished(store, id)); tries += 1) {
    const { events } = await store.read(id);
    console.log(`\n2. That process is gone. Its record has ${events.length} events, and no end.`);
    console.log("\n3. Another process goes on from it.\n");
    await runPart("go-on", id);
  }
  await judge(id);
}

/** Nothing may be sent twice, and nothing be left out. */
async function judge(id: string): Promise<void> {
  const { events } = await store.read(id);
  const sent = mail.of(id);
  const done = (foldResult(events)?.toolCalls ?? []).filter(({ outcome }) => outcome === "ok").length;
  const times = new Map(sent.map(({ key }) => [key, sent.filter((other) => other.key === key).length]));
  console.log(`\nThe mail service has sent: ${printable(sent.map(({ what }) => what).join(", "))}`);
  console.log(`All of it again: npm run fairwitness -- runs show ${id}`);
  const isOnce = sent.length === done && [...times.values()].every((count) => count === 1);
  if (isOnce && foldResult(events)?.status === "completed" && events.some(({ type }) => type === "run.resumed")) return;
  console.error(`Expected a completed run that was resumed, with ${done} invoices that were sent once each.`);
  process.exitCode = 1;
}
