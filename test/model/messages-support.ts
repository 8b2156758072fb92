import { createMessagesModel, type ModelEvent, type ModelRequest, type ModelTurn } from "../../src/model/index.ts";
import { drain, type FakeEndpoint, fakeEndpoint, never, request, type Seen, turnOf } from "./fake-endpoint.ts";

/** Events as a server of this protocol frames them, in one read. */
export function framed(events: readonly object[]): Uint8Array {
  const text = events.map((event) => {
    const { type } = event as { type?: string }; // every event of the tests has one
    return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  });
  return new TextEncoder().encode(text.join(""));
}

export const begin = (change: object = {}): object => ({
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", model: "grok-4.7", content: [], ...change },
});
export const start = (index: number, content_block: object): object => ({
  type: "content_block_start",
  index,
  content_block,
});
export const delta = (index: number, change: object): object => ({ type: "content_block_delta", index, delta: change });
export const stop = (index: number): object => ({ type: "content_block_stop", index });
export const text = (value: string): object => ({ type: "text_delta", text: value });
export const input = (partial_json: string): object => ({ type: "input_json_delta", partial_json });
export const end = (stop_reason: string, change: object = {}): object[] => [
  { type: "message_delta", delta: { stop_reason, stop_sequence: null }, ...change },
  { type: "message_stop" },
];

/** The events of a whole answer: each block begins empty, has one delta where its kind has any, and stops. */
export function streamed(
  blocks: readonly Record<string, unknown>[],
  reason = "end_turn",
  change: object = {},
): object[] {
  const events = blocks.flatMap((block, index): object[] => {
    if (block.type === "text") {
      const cited = (block.citations ?? []) as unknown[]; // a list where there is one
      return [
        start(index, { type: "text", text: "" }),
        delta(index, text(String(block.text))),
        ...cited.map((citation) => delta(index, { type: "citations_delta", citation })),
        stop(index),
      ];
    }
    if ("input" in block) {
      return [start(index, { ...block, input: {} }), delta(index, input(JSON.stringify(block.input))), stop(index)];
    }
    return [start(index, block), stop(index)];
  });
  return [begin(), ...events, ...end(reason, change)];
}

export const said = (value: string): Record<string, unknown> => ({ type: "text", text: value });
export const hello: Uint8Array = framed(streamed([said("Hello")]));

/** What a model shows of these events of the wire, each list one network read. */
export async function shown(reads: readonly (readonly object[])[], change: Partial<ModelRequest> = {}): Promise<Seen> {
  let ms = 0;
  const clock = { now: () => 0, monotonic: () => (ms += 10), after: () => () => {} };
  const { endpoint } = fakeEndpoint(() => ({ reads: reads.map(framed) }));
  return drain(createMessagesModel({ id: "grok-4.7", endpoint, clock }).stream(request(change), never));
}

/** The turn of an answer with these blocks. */
export async function turnFrom(
  blocks: readonly Record<string, unknown>[],
  reason = "end_turn",
  change: object = {},
): Promise<ModelTurn> {
  return turnOf(await shown([streamed(blocks, reason, change)]));
}

export interface Conversed extends FakeEndpoint {
  /** Sends a request and gives back what was seen. */
  send(change: Partial<ModelRequest>): Promise<Seen>;
}

/** A model that always answers `Hello`, and what it was sent. */
export function converse(id = "grok-4.7"): Conversed {
  const fake = fakeEndpoint(() => ({ reads: [hello] }));
  const model = createMessagesModel({ id, endpoint: fake.endpoint });
  return { ...fake, send: (change) => drain(model.stream(request(change), never)) };
}

/** Events of these kinds. */
export function only<T extends ModelEvent["type"]>(
  { events }: Seen,
  ...types: T[]
): Extract<ModelEvent, { type: T }>[] {
  return events.filter((event): event is Extract<ModelEvent, { type: T }> => types.some((type) => type === event.type));
}
