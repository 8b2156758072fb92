/** Good answers of the three protocols, each the text "Sunny", as bytes on the wire have it. */
const event = (json: object, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(json)}\n\n`;

const chunk = (delta: object, finish_reason: string | null = null): object => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "grok-4.7",
  choices: [{ index: 0, delta, finish_reason }],
});

/** A piece of a chat answer. */
export const chatPiece = (content: string): string => event(chunk({ content }));

/** The terminal marker of a chat answer. */
export const CHAT_STOP: string = event(chunk({}, "stop"));

export const CHAT_USAGE: string = event({
  id: "c1",
  model: "grok-4.7",
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
});

export const DONE = "data: [DONE]\n\n";

export const CHAT: string = chatPiece("Sun") + chatPiece("ny") + CHAT_STOP + CHAT_USAGE + DONE;

const message = { id: "m1", type: "message", role: "assistant" };
const text = { type: "output_text", text: "Sunny", annotations: [] };
const whole = { ...message, status: "completed", content: [text] };
const response = { id: "r1", object: "response", created_at: 1, model: "grok-4.7" };

/** All of a response but its terminal event. */
export const RESPONSES_BEGUN: string = [
  { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
  { type: "response.output_item.added", output_index: 0, item: { ...message, status: "in_progress", content: [] } },
  { type: "response.output_text.delta", item_id: "m1", output_index: 0, content_index: 0, delta: "Sun" },
  { type: "response.output_text.delta", item_id: "m1", output_index: 0, content_index: 0, delta: "ny" },
  { type: "response.output_text.done", item_id: "m1", output_index: 0, content_index: 0, text: "Sunny" },
  { type: "response.output_item.done", output_index: 0, item: whole },
]
  .map((json, sequence_number) => event({ sequence_number, ...json }, json.type))
  .join("");

export const RESPONSES_END: string = event(
  {
    type: "response.completed",
    sequence_number: 6,
    response: {
      ...response,
      status: "completed",
      output: [whole],
      usage: { input_tokens: 7, output_tokens: 2, total_tokens: 9 },
    },
  },
  "response.completed",
);

export const RESPONSES: string = RESPONSES_BEGUN + RESPONSES_END;

const begun = { id: "m1", type: "message", role: "assistant", model: "grok-4.7", content: [] };

/** All of a message but its terminal event. */
export const MESSAGES_BEGUN: string = [
  { type: "message_start", message: { ...begun, stop_reason: null, usage: { input_tokens: 7, output_tokens: 1 } } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Sun" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "ny" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
]
  .map((json) => event(json, json.type))
  .join("");

export const MESSAGES_END: string = event({ type: "message_stop" }, "message_stop");

export const MESSAGES: string = MESSAGES_BEGUN + MESSAGES_END;
