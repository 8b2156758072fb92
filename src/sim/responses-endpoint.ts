import type { Answer } from "./answer.ts";
import { decodeBody } from "./decode.ts";
import type { Endpoint } from "./endpoint.ts";
import type { SimModel } from "./models.ts";
import type { Json } from "./output-item.ts";
import type { SimItem, SimRefusal, SimRequest } from "./request.ts";
import { responseBody } from "./responses-body.ts";
import {
  compactionBody,
  compactionRefusal,
  compactionShapeProblem,
  otherFieldRefusal,
} from "./responses-compaction.ts";
import { responseEvents } from "./responses-events.ts";
import { responsesRefusal } from "./responses-rules.ts";
import { responsesShapeProblem } from "./responses-shape.ts";
import { viewRequest } from "./responses-view.ts";
import { plainFraming } from "./stream.ts";

/** A response that is kept on the server. */
interface Stored {
  readonly body: Json;
  /** The whole conversation up to and with it. */
  readonly items: readonly SimItem[];
}

/** `POST /v1/responses`, and what it keeps for later. */
export interface ResponsesEndpoint extends Endpoint {
  /** A stored response as `GET /v1/responses/{id}` shows it, or 404. */
  get(id: string): { status: 200; body: Json } | SimRefusal;
  /** Forgets a stored response, or 404. */
  delete(id: string): { status: 200; body: Json } | SimRefusal;
  readonly compaction: CompactionEndpoint;
}

/** `POST /v1/responses/compact`. It keeps nothing. */
export interface CompactionEndpoint extends Pick<Endpoint, "decode" | "refusal"> {
  body(request: SimRequest, model: SimModel): Json;
}

/** An endpoint with nothing stored yet. */
export function createResponsesEndpoint(): ResponsesEndpoint {
  const stored = new Map<string, Stored>();
  // Items that no parser knows are taken back from who was sent them, as a server that invents them would.
  const invented = new Set<string>();
  let compactions = 0;

  const keep = (answer: Answer): void => {
    if (answer.turn.finishReason === null) return;
    const body = responseBody(answer, "ended");
    const output = body.output as readonly SimItem[]; // made of items, each with its type
    for (const { type } of output) invented.add(type);
    if (answer.request.store === false) return;
    stored.set(answer.id, { body, items: [...(answer.request.input ?? []), ...output] });
  };
  return {
    decode(text, onBody) {
      const decoded = decodeBody(text, onBody, (body) => responsesShapeProblem(body, invented));
      if ("status" in decoded) return decoded;
      const { previous_response_id: previous } = decoded.body;
      const chain = typeof previous === "string" ? stored.get(previous) : undefined;
      if (typeof previous === "string" && chain === undefined) return notFound(previous);
      return { request: viewRequest(decoded.body, chain?.items ?? []) };
    },
    refusal: responsesRefusal,
    body(answer) {
      keep(answer);
      return responseBody(answer, "ended");
    },
    chunks(answer) {
      keep(answer);
      return responseEvents(answer);
    },
    framing: plainFraming,
    compaction: {
      decode(text, onBody) {
        const decoded = decodeBody(text, onBody, (body) => compactionShapeProblem(body, invented));
        if ("status" in decoded) return decoded;
        return otherFieldRefusal(decoded.body) ?? { request: viewRequest(decoded.body, []) };
      },
      refusal: compactionRefusal,
      body(request, model) {
        compactions += 1;
        return compactionBody(request, model, compactions);
      },
    },
    get(id) {
      const found = stored.get(id);
      return found === undefined
        ? notFound(id)
        : { status: 200, body: { ...found.body, usage: chatNamed(found.body.usage) } };
    },
    delete(id) {
      return stored.delete(id) ? { status: 200, body: { id, object: "response", deleted: true } } : notFound(id);
    },
  };
}

function notFound(id: string): SimRefusal {
  return { status: 404, body: { code: "not-found", error: `Response with id=${id} not found.` } };
}

/** The usage of a response that is fetched has the names of chat completions (OpenAPI's own example, xai-wire 2.8). */
function chatNamed(usage: unknown): unknown {
  if (typeof usage !== "object" || usage === null) return usage;
  const names: Readonly<Record<string, string>> = {
    input_tokens: "prompt_tokens",
    input_tokens_details: "prompt_tokens_details",
    output_tokens: "completion_tokens",
    output_tokens_details: "completion_tokens_details",
  };
  return Object.fromEntries(Object.entries(usage).map(([name, value]) => [names[name] ?? name, value]));
}
