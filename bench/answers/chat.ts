import { argumentsOf, MODEL, TOOL_NAME, textPieces } from "../work.ts";
import type { Workload } from "../workload.ts";

/** The events of each turn of a run on chat completions, as text. */
export function chatTurns(workload: Workload): readonly (readonly string[])[] {
  const turns = Array.from({ length: workload.toolTurns }, (_, turn) => callTurn(turn, workload));
  return [...turns, textTurn(workload)];
}

function callTurn(turn: number, workload: Workload): readonly string[] {
  const chunks = Array.from({ length: workload.callsPerTurn }, (_, index) => callChunks(turn, index, workload));
  return stream([...chunks.flat(), chunk({}, "tool_calls")], turn);
}

/** Calls come whole, each in one chunk, as xAI sends them; or in pieces, as other servers do. */
function callChunks(turn: number, index: number, workload: Workload): readonly Chunk[] {
  const place = turn * workload.callsPerTurn + index;
  const text = argumentsOf(place, workload);
  const first = (given: string): object => ({
    tool_calls: [{ index, id: `call_${place}`, type: "function", function: { name: TOOL_NAME, arguments: given } }],
  });
  if (workload.argumentBytes === undefined) return [chunk(first(text))];
  const pieces = text.match(/.{1,16}/gs) ?? [];
  return [
    chunk(first("")),
    ...pieces.map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ];
}

function textTurn(workload: Workload): readonly string[] {
  return stream([...textPieces(workload).map((content) => chunk({ content })), chunk({}, "stop")], workload.toolTurns);
}

type Chunk = Readonly<Record<string, unknown>>;

function chunk(delta: object, finish_reason: string | null = null): Chunk {
  return { choices: [{ index: 0, delta: { role: "assistant", ...delta }, finish_reason }] };
}

/** With the fields that xAI sends in each chunk; every answer has an id of its own. */
function stream(chunks: readonly Chunk[], turn: number): readonly string[] {
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, cost_in_usd_ticks: 1000 };
  const head = { id: `answer-${turn}`, object: "chat.completion.chunk", created: 1770772293, model: MODEL };
  const texts = [...chunks, { choices: [], usage }].map((fields) =>
    JSON.stringify({ ...head, ...fields, system_fingerprint: "fp_bench" }),
  );
  return [...texts, "[DONE]"].map((data) => `data: ${data}\n\n`);
}
