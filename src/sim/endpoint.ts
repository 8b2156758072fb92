import { type Answer, completionJson } from "./answer.ts";
import { decodeRequest } from "./decode.ts";
import type { SimModel } from "./models.ts";
import type { Json } from "./output-item.ts";
import type { SimProfile } from "./profile.ts";
import { proxyChunks } from "./proxy-chunks.ts";
import type { SimRefusal, SimRequest } from "./request.ts";
import { requestRefusal } from "./rules.ts";
import type { SimTurn } from "./script.ts";
import { chatChunks, type Framing, plainFraming } from "./stream.ts";

/** What differs between the endpoints that answer with model output. One may keep what it answered. */
export interface Endpoint {
  /** Reads a request body, or refuses it for its shape. */
  decode(text: string, onBody: (body: unknown) => void): { request: SimRequest } | SimRefusal;
  /** Why xAI would refuse the request. */
  refusal(request: SimRequest, model: SimModel): SimRefusal | undefined;
  /** The body of an answer that is not streamed. */
  body(answer: Answer): Json;
  /** The data of a streamed answer's frames, without `[DONE]`. */
  chunks(answer: Answer): readonly Json[];
  /** How its streams are framed. */
  framing(turn: SimTurn): Framing;
}

/** `POST /v1/chat/completions`. */
export function createChatEndpoint(profile: SimProfile): Endpoint {
  return {
    decode: decodeRequest,
    refusal: requestRefusal,
    body: completionJson,
    chunks: profile === "proxy" ? proxyChunks : chatChunks,
    framing: plainFraming,
  };
}
