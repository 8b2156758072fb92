// A refund waits for a person. The process that asked the model ends; another one decides; a third goes on from the record, and
// the refund happens once. Asks you when you sit at a terminal; else another process plays the person. Ctrl-C at any point, then
// start it again: it goes on from where it was. On xAI when XAI_API_KEY is set, else on a simulator it starts itself.
import { createAgent, defineTool, foldResult, openApprovals, resolveApproval } from "fairwitness";
import { createFileStore } from "fairwitness/store";
import { z } from "zod";
import { createActivityLog } from "./support/activity.ts";
import { openBooks } from "./support/books.ts";
import { finish } from "./support/finish.ts";
import { aMoment, ask, isSomebodyThere } from "./support/person.ts";
import { findPlace } from "./support/place.ts";
import { printable } from "./support/printable.ts";
import { beginRun, isUnfinished, runPart, stopHere, stopOnInterrupt, unfinishedRun } from "./support/processes.ts";

const store = createFileStore(); // .fairwitness/: all that the processes have in common
const bank = openBooks("bank"); // outside the agent: it counts what really happened

const findOrder = defineTool({
  name: "find_order",
  description: "Finds an order by its number.",
  input: z.object({ order: z.string() }),
  effect: "read",
  execute: ({ order }) => ({ order, paid: 42.5, arrived: "broken" }),
});
const refund = defineTool({
  name: "refund",
  description: "Gives money back for an order, in euros.",
  input: z.object({ order: z.string(), euros: z.number().positive().max(100) }),
  effect: "write",
  approval: true, // or a function: ({ euros }) => euros > 10
  execute: ({ order, euros }, { key }) => {
    bank.write({ key, what: `${euros} euros for the order ${order}` });
    return { refunded: euros };
  },
  // Where a process died in the middle of it, the bank knows whether it happened.
  reconcile: ({ euros }, { key }) =>
    bank.find(key) === undefined ? { happened: false } : { happened: true, output: { refunded: euros } },
});

const [part, runId = "", callId = "", answer = ""] = process.argv.slice(2);
if (part === "begin" || part === "go-on") await work();
else if (part === "decide") await decide(answer === "yes", "a process that plays the person");
else await play();

/** A process that runs the agent, until it is done or somebody has to decide. */
async function work(): Promise<void> {
  await using place = await findPlace("the order is invented");
  const { model, label } = place;
  const agent = createAgent({ name: "refunds", model, tools: [findOrder, refund], store });
  const question = 'Find the order "A-1001". Refund 20 euros for it, please.';
  if (part === "begin") console.log(`${label}\n\nQ: ${question}\n`);
  const run = part === "begin" ? agent.stream(question, { waiting: "leave" }) : await agent.resume(runId);
  const show = createActivityLog();
  for await (const event of run) show(event);
  const result = await run.result();
  if (result.status !== "paused") finish(result);
}

async function decide(approve: boolean, by: string): Promise<void> {
  const reason = approve ? "It did arrive broken." : "It is too much.";
  const { status } = await resolveApproval(store, { runId, callId }, { approve, reason, by });
  console.log(`  ${approve ? "yes" : "no"}, says ${by} (${status})`);
}

/** The process that was started first: it starts the others, asks the person, and looks into the bank's books at the end. */
async function play(): Promise<void> {
  stopOnInterrupt();
  let run = await unfinishedRun(store, "refunds");
  if (run !== undefined) console.log(`An earlier start left ${run.runId}: this one goes on with it.`);
  else {
    console.log("1. A process runs the agent.\n");
    run = await beginRun(store, "refunds");
  }
  const { runId: id } = run;
  for (let tries = 0; tries < 5 && (await isUnfinished(store, id)); tries += 1) {
    await letPersonDecide(id);
    console.log("\n3. A third process goes on from the record.\n");
    await runPart("go-on", id);
  }
  await judge(id);
}

async function letPersonDecide(id: string): Promise<void> {
  for (const open of await openApprovals(store, id)) {
    if (open.answer !== undefined) continue; // decided before, and not read yet
    console.log(`\n2. That process has ended. Nothing runs now: ${open.tool} waits for a person.\n\n${open.shown}\n`);
    if (!isSomebodyThere) {
      console.log("  Nobody sits at a terminal, so after a moment another process plays the person.");
      await aMoment();
      await runPart("decide", id, open.callId, "yes");
      continue;
    }
    console.log(
      `  You may answer here, or in another terminal: npm run fairwitness -- runs approve ${id} ${open.callId}`,
    );
    const approve = await ask("  Shall it be refunded?", () => isDecided(id, open.callId));
    if (approve === undefined) stopHere();
    if (approve === "elsewhere") {
      console.log("  It was decided in another terminal.");
      continue;
    }
    const reason = approve ? "It did arrive broken." : "It is too much.";
    const { status } = await resolveApproval(store, { runId: id, callId: open.callId }, { approve, reason, by: "you" });
    if (status !== "taken") console.log("  Somebody else was faster: the first decision counts.");
  }
}

/** Whether somebody has said something, here or elsewhere. */
async function isDecided(id: string, call: string): Promise<boolean> {
  const waiting = await openApprovals(store, id);
  return !waiting.some((open) => open.callId === call && open.answer === undefined);
}

/** The bank must have as many refunds as a person allowed, and no more. */
async function judge(id: string): Promise<void> {
  const { events } = await store.read(id);
  const allowed = events.filter(
    (event) => event.type === "tool.approval.resolved" && event.by === "person" && event.decision === "approved",
  ).length;
  const booked = bank.of(id);
  console.log(
    `\nThe bank's books have ${booked.length} refund(s) of this run: ${printable(booked.map(({ what }) => what).join("; "))}`,
  );
  console.log(`All of it again: npm run fairwitness -- runs show ${id}`);
  if (booked.length === allowed && foldResult(events)?.status === "completed") return;
  console.error(`Expected a completed run with ${allowed} refund(s).`);
  process.exitCode = 1;
}
