import { type Answer, completionJson } from "./answer.ts";
import { decodeRequest } from "./decode.ts";
import type { SimModel } from "./models.ts";
import type { Json } from "./output-item.ts";
import type { SimRefusal, SimRequest } from "./request.ts";
import { requestRefusal } from "./rules.ts";
import { chatChunks } from "./stream.ts";

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
}

/** `POST /v1/chat/completions`. */
export const chatEndpoint: Endpoint = {
  decode: decodeRequest,
  refusal: requestRefusal,
  body: completionJson,
  chunks: chatChunks,
};
