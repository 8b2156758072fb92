import { createResponsesModel, type ModelEvent, type ModelRequest, type ModelTurn } from "../../src/model/index.ts";
import type { ServerTool } from "../../src/tool/index.ts";
import {
  drain,
  eventStream,
  type FakeEndpoint,
  fakeEndpoint,
  never,
  request,
  type Seen,
  turnOf,
} from "./fake-endpoint.ts";

/** A whole answer. */
export function answer(output: readonly object[], change: object = {}): object {
  return { id: "resp_1", object: "response", model: "grok-4.7", status: "completed", output, ...change };
}

export const completed = (output: readonly object[], change: object = {}): object => ({
  type: "response.completed",
  response: answer(output, change),
});
export const added = (output_index: number, item: object): object => ({
  type: "response.output_item.added",
  output_index,
  item,
});
export const done = (output_index: number, item: object): object => ({
  type: "response.output_item.done",
  output_index,
  item,
});

export function message(text: string, annotations: readonly object[] = [], id = "msg_1"): object {
  const part = { type: "output_text", text, annotations };
  return { type: "message", id, role: "assistant", status: "completed", content: [part] };
}

export const reasoning = (blob: string, id = "rs_1"): object => ({
  type: "reasoning",
  id,
  status: "completed",
  summary: [],
  encrypted_content: blob,
});
export const call = (call_id: string, name: string, args = "{}"): object => ({
  type: "function_call",
  id: `fc_${call_id}`,
  call_id,
  name,
  arguments: args,
  status: "completed",
});
export const webCall = (id: string, action: object, status = "completed"): object => ({
  type: "web_search_call",
  id,
  status,
  action,
});
export const xCall = (id: string, name: string, input: string, status = "completed"): object => ({
  type: "custom_tool_call",
  id,
  call_id: `call_${id}`,
  name,
  input,
  status,
});

export const webSearch: ServerTool = { executor: "server", kind: "web_search", name: "web_search", options: {} };
export const xSearch: ServerTool = { executor: "server", kind: "x_search", name: "x_search", options: {} };
export const codeExecution: ServerTool = { executor: "server", kind: "code_execution", name: "code_execution" };

/** What a model shows of these events of the wire, each list one network read. */
export async function shown(reads: readonly (readonly object[])[], change: Partial<ModelRequest> = {}): Promise<Seen> {
  let ms = 0;
  const clock = { now: () => 0, monotonic: () => (ms += 10), after: () => () => {} };
  const { endpoint } = fakeEndpoint(() => ({ reads: reads.map((events) => eventStream(events, false)) }));
  return drain(createResponsesModel({ id: "grok-4.7", endpoint, clock }).stream(request(change), never));
}

/** The turn of an answer that comes whole. */
export async function turnFrom(
  output: readonly object[],
  change: object = {},
  asked: Partial<ModelRequest> = {},
): Promise<ModelTurn> {
  return turnOf(await shown([[completed(output, change)]], asked));
}

export interface Conversed extends FakeEndpoint {
  /** Sends a request and gives back what was seen. */
  send(change: Partial<ModelRequest>): Promise<Seen>;
  inputs(): readonly (readonly Record<string, unknown>[])[];
}

/** A model whose answers are given beforehand, and what it was sent. */
export function converse(
  answers: readonly (readonly object[])[],
  options: { id?: string; chained?: boolean } = {},
): Conversed {
  const fake = fakeEndpoint((_request, n) => {
    const output = answers[n - 1] ?? [message("ok", [], `msg_${n}`)];
    return { reads: [eventStream([completed(output, { id: `resp_${n}` })])] };
  });
  const model = createResponsesModel({
    id: options.id ?? "grok-4.7",
    endpoint: fake.endpoint,
    ...(options.chained && { chained: true }),
  });
  return {
    ...fake,
    send: (change) => drain(model.stream(request(change), never)),
    // Every body of this endpoint has a list of items.
    inputs: () => fake.sent.map(({ json }) => json.input as Record<string, unknown>[]),
  };
}

/** Events of these kinds. */
export function only<T extends ModelEvent["type"]>(
  { events }: Seen,
  ...types: T[]
): Extract<ModelEvent, { type: T }>[] {
  return events.filter((event): event is Extract<ModelEvent, { type: T }> => types.some((type) => type === event.type));
}
