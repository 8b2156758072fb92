import { decodeBody } from "./decode.ts";
import type { Endpoint } from "./endpoint.ts";
import { messageJson } from "./messages-body.ts";
import { messageEvents } from "./messages-events.ts";
import { fieldsRefusal, messagesRefusal } from "./messages-rules.ts";
import { messagesShape } from "./messages-shape.ts";
import { viewMessages } from "./messages-view.ts";
import type { SimProfile } from "./profile.ts";

/** Anthropic's own, as its documentation has it. */
const CAPACITY_ERROR = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };

/**
 * `POST /v1/messages`. Streams have Anthropic's `event:` lines in both profiles, for the clients of this protocol drop what
 * has none. On xAI `[DONE]` comes last, as its OpenAPI says, which those clients pass over; a script may leave the lines out.
 */
export function createMessagesEndpoint(profile: SimProfile): Endpoint {
  return {
    decode(text, onBody) {
      const decoded = decodeBody(text, onBody, messagesShape[profile]);
      if ("status" in decoded) return decoded;
      return fieldsRefusal(decoded.body, profile) ?? { request: viewMessages(decoded.body) };
    },
    refusal: (request, model) => messagesRefusal(request, model, profile),
    body: messageJson,
    chunks: messageEvents,
    framing: ({ eventLines }) => ({
      isNamed: eventLines !== false,
      endsWithDone: profile === "xai",
      capacityError: CAPACITY_ERROR,
    }),
  };
}
