import { MODEL, TOOL_NAME, textPiece } from "./work.ts";
import type { Workload } from "./workloads.ts";

/** Bytes of a network read as TLS hands them out: answers are written in slices of it, wherever their events end. */
const SLICE_BYTES = 16 * 1024;

/** The answers of one run, turn by turn, as bytes of `text/event-stream`: made once, before anything is measured. */
export function answersOf(workload: Workload): readonly (readonly Buffer[])[] {
  const turns = Array.from({ length: workload.toolTurns }, (_, turn) => callTurn(turn, workload.callsPerTurn));
  return [...turns, textTurn(workload)].map(slices);
}

/** Calls come whole, each in one chunk, as xAI sends them. */
function callTurn(turn: number, calls: number): string {
  const chunks = Array.from({ length: calls }, (_, index) => {
    const place = turn * calls + index;
    const asked = { name: TOOL_NAME, arguments: JSON.stringify({ city: `City ${place}`, place }) };
    return chunk({ tool_calls: [{ index, id: `call_${place}`, type: "function", function: asked }] });
  });
  return stream([...chunks, chunk({}, "tool_calls")]);
}

function textTurn({ textChunks }: Workload): string {
  const chunks = Array.from({ length: textChunks }, (_, index) => chunk({ content: textPiece(index) }));
  return stream([...chunks, chunk({}, "stop")]);
}

/** The fields of a chunk that xAI sends. */
function envelope(fields: object): string {
  const head = { id: "bench-answer", object: "chat.completion.chunk", created: 1770772293, model: MODEL };
  return JSON.stringify({ ...head, ...fields, system_fingerprint: "fp_bench" });
}

function chunk(delta: object, finish_reason?: string): string {
  return envelope({ choices: [{ index: 0, delta: { role: "assistant", ...delta }, finish_reason }] });
}

function stream(chunks: readonly string[]): string {
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, cost_in_usd_ticks: 1000 };
  const events = [...chunks, envelope({ choices: [], usage }), "[DONE]"];
  return events.map((data) => `data: ${data}\n\n`).join("");
}

function slices(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / SLICE_BYTES);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * SLICE_BYTES, (index + 1) * SLICE_BYTES));
}
