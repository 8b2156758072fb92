import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { startChild } from "../support/child.ts";
import { answerText, watchedServer } from "../support/watched-server.ts";

/** Steps of the soak; 100,000 in the large setting. */
const STEPS = Number(process.env.FAIRWITNESS_SOAK ?? 2000);
/** What the server would send to a reader who takes it, MiB. */
const FLOOD_MIB = Number(process.env.FAIRWITNESS_FLOOD_MIB ?? 96);
const MIB = 1024 * 1024;
/** A reader that goes on takes more at once on loopback: after this long nothing is taken any more. */
const STUCK_MS = 400;

/** Sends text for as long as it is taken. `onStuck` is called once nothing was taken for a while. */
function flood(response: ServerResponse, piece: string, onStuck: (sentBytes: number) => void): void {
  const data = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" };
  const frame = `data: ${JSON.stringify({ ...data, choices: [{ index: 0, delta: { content: piece } }] })}\n\n`;
  const block = frame.repeat(Math.max(1, Math.floor(65_536 / frame.length)));
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (): void => {
    let isTaken = true;
    while (isTaken && sent < FLOOD_MIB * MIB) {
      isTaken = response.write(block);
      sent += block.length;
    }
    timer = setTimeout(() => onStuck(sent), STUCK_MS);
  };
  response.on("drain", () => {
    clearTimeout(timer);
    send();
  });
  response.once("close", () => clearTimeout(timer));
  send();
}

describe("a reader that stops reading", () => {
  it.each([
    ["events, of small pieces", "events", "word "],
    ["batches, of small pieces", "batches", "word "],
    ["text, of large pieces", "text", "x".repeat(60_000)],
    ["events, of large pieces in two bytes a character", "events", "\u65e5".repeat(20_000)],
    ["nothing at all, of small pieces", "nothing", "word "],
  ])("of %s: the server has to stop, and at most 16 MiB are held (row 83)", async (_, how, piece) => {
    let child: ReturnType<typeof startChild> | undefined;
    let sent = 0;
    await using server = await watchedServer((response, n) => {
      if (n === 0) return answerText(response);
      flood(response, piece, (bytes) => {
        sent = bytes;
        child?.goOn();
      });
    });
    child = startChild("slow-reader", { baseURL: server.url, how });
    const { code, out, errors } = await child.ended;
    expect({ code, errors, out }).toMatchObject({ code: 0, errors: "", out: { status: "cancelled" } });
    expect(sent).toBeLessThan(FLOOD_MIB * MIB);
    const { held } = out as { held: number }; // as the program reports it
    console.log(`held ${(held / MIB).toFixed(1)} MiB when the server had sent ${(sent / MIB).toFixed(1)} MiB`);
    expect(held).toBeLessThan(16 * MIB);
  });
});

describe("a long life", () => {
  it(
    "in one run and in many holds under 100 bytes a step beyond the record and its fold (row 110)",
    async () => {
      const { code, out, errors } = await startChild("soak", { steps: STEPS }).ended;
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      const { long, many } = out as { long: Record<"beyond" | "fold" | "record", number>; many: number }; // as it reports it
      const [beyond, fold, record, left] = [long.beyond, long.fold, long.record, many].map(Math.round);
      console.log(
        `${STEPS} steps: ${record} bytes a step on record, ${fold} in its fold, ${beyond} beyond; ${left} left of runs that are over`,
      );
      // What a process of this kind holds moves by some 100 KiB by itself: counted out of few steps, nothing of many.
      const slack = 150_000 / STEPS;
      expect(long.beyond).toBeLessThan(100 + slack);
      expect(many).toBeLessThan(100 + slack);
    },
    60_000 + STEPS * 10,
  );
});
