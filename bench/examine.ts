import { z } from "zod";
import type { Workload } from "./workload.ts";

/** What the server keeps of a contender's work. */
export interface Session {
  workload: Workload;
  answers: readonly (readonly Buffer[])[];
  requests: number;
  /** Requests for the last turn of a run. */
  finals: number;
  /** The last of them. */
  last: Buffer;
  /** What cannot be, if it was. */
  problem?: string;
}

const chatBody = z.object({
  stream: z.literal(true),
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.unknown().optional(),
      tool_calls: z.array(z.object({ id: z.string(), function: z.object({ arguments: z.string() }) })).optional(),
      tool_call_id: z.string().optional(),
    }),
  ),
});

const responsesBody = z.object({
  stream: z.literal(true),
  input: z.array(
    z.object({
      type: z.string().optional(),
      call_id: z.string().optional(),
      arguments: z.string().optional(),
      output: z.unknown().optional(),
    }),
  ),
});

/** What a last request tells of a run. */
interface History {
  /** Ids of the calls that were made, in order. */
  called: readonly string[];
  /** Bytes of all their arguments. */
  argumentBytes: number;
  results: readonly { id: string; text: string }[];
}

/** Whole runs, each ended by a request that holds every call with its result. */
export function examine(session: Session): { runs: number } | { mistake: string } {
  const { workload, answers, requests, finals, last, problem } = session;
  if (problem !== undefined) return { mistake: `The server refused: ${problem}.` };
  if (finals === 0 || requests !== finals * answers.length) {
    return { mistake: `${requests} requests came for ${finals} whole runs of ${answers.length} turns each.` };
  }
  const history = historyOf(workload, JSON.parse(last.toString()));
  if (history === undefined) return { mistake: "The last request of a run is none of this protocol." };
  const { called, argumentBytes, results } = history;
  const calls = workload.toolTurns * workload.callsPerTurn;
  const wanted = Array.from({ length: calls }, (_, place) => `call_${place}`).join();
  const isWhole = called.join() === wanted && results.map(({ id }) => id).join() === wanted;
  const checked = results.filter(({ text }) => text.includes("celsius")).length;
  if (!isWhole || checked !== calls) {
    const sum = `${called.length} calls, ${results.length} results, ${checked} of them with the schema's default`;
    return { mistake: `The last request of a run held ${sum}; ${calls} of each were to be there, in order.` };
  }
  if (argumentBytes < calls * (workload.argumentBytes ?? 0)) {
    return { mistake: `The last request held ${argumentBytes} bytes of arguments, fewer than the model had given.` };
  }
  return { runs: finals };
}

function historyOf({ api }: Workload, body: unknown): History | undefined {
  const [chat, responses] = [chatBody.safeParse(body), responsesBody.safeParse(body)];
  if (api === "chat") return chat.data === undefined ? undefined : chatHistory(chat.data);
  return responses.data === undefined ? undefined : responsesHistory(responses.data);
}

function chatHistory({ messages }: z.infer<typeof chatBody>): History {
  const calls = messages.flatMap(({ tool_calls }) => tool_calls ?? []);
  const results = messages.filter(({ role }) => role === "tool");
  return {
    called: calls.map(({ id }) => id),
    argumentBytes: calls.reduce((sum, call) => sum + call.function.arguments.length, 0),
    results: results.map(({ tool_call_id, content }) => ({ id: tool_call_id ?? "", text: JSON.stringify(content) })),
  };
}

function responsesHistory({ input }: z.infer<typeof responsesBody>): History {
  const calls = input.filter(({ type }) => type === "function_call");
  const results = input.filter(({ type }) => type === "function_call_output");
  return {
    called: calls.map(({ call_id = "" }) => call_id),
    argumentBytes: calls.reduce((sum, call) => sum + (call.arguments?.length ?? 0), 0),
    results: results.map(({ call_id = "", output }) => ({ id: call_id, text: JSON.stringify(output) })),
  };
}
