import type { SimTurn } from "fairwitness/testing";
import type { Api } from "./scenario.ts";

type Frames = NonNullable<SimTurn["chunks"]>;

const WORDS = "I will not do that.";

const chatChunk = (delta: object, finish_reason?: string): Readonly<Record<string, unknown>> => ({
  id: "51300000-0000-4000-8000-000000000000",
  object: "chat.completion.chunk",
  created: 1,
  model: "grok-4.7",
  choices: [finish_reason === undefined ? { index: 0, delta } : { index: 0, delta, finish_reason }],
});

const refused = { id: "msg_1", type: "message", role: "assistant", content: [{ type: "refusal", refusal: WORDS }] };
const response = { id: "51300000-0000-4000-8000-000000000000", object: "response", model: "grok-4.7" };
const message = { id: response.id, type: "message", role: "assistant", model: response.model, content: [] };

/** A refusal in the model's words, for which the script of the simulator has none. */
export const refusalFrames: Readonly<Record<Api, Frames>> = {
  chat: [chatChunk({ role: "assistant", refusal: WORDS }), chatChunk({}, "stop")],
  responses: [
    { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
    { type: "response.output_item.added", output_index: 0, item: { ...refused, content: [] } },
    { type: "response.output_item.done", output_index: 0, item: { ...refused, status: "completed" } },
    { type: "response.completed", response: { ...response, status: "completed", output: [refused] } },
  ],
  messages: [
    { type: "message_start", message },
    {
      type: "message_delta",
      delta: { stop_reason: "refusal", stop_sequence: null, stop_details: { type: "refusal", explanation: WORDS } },
    },
    { type: "message_stop" },
  ],
};

const CAPACITY = { type: "error", message: "The model is at capacity." };

/** Frames before the first word. */
const BEFORE_TEXT: Readonly<Record<Api, number>> = { chat: 0, responses: 4, messages: 3 };

/** An error behind so many words of an answer that only speaks. */
export function errorAfter(api: Api, words: number): NonNullable<SimTurn["errorEvent"]> {
  return { afterChunks: BEFORE_TEXT[api] + words, data: CAPACITY };
}

/** Frames before the first piece of the arguments of an answer that only calls. */
const BEFORE_ARGUMENTS: Readonly<Record<Api, number>> = { chat: 2, responses: 3, messages: 4 };

/** An error behind so many pieces of the arguments of the first call. */
export function fragmentAfter(api: Api, pieces: number): NonNullable<SimTurn["errorEvent"]> {
  return { afterChunks: BEFORE_ARGUMENTS[api] + pieces, data: CAPACITY };
}
