import type { Clock } from "../clock.ts";
import type { Message, RawItems } from "../message/index.ts";
import { type Endpoint, HttpError } from "../wire/index.ts";
import type { ModelEvent } from "./model.ts";
import type { Notices } from "./notices.ts";
import type { ResponsesWriter } from "./responses-encode.ts";

/** What all requests of one model share. */
export interface ResponsesParts {
  id: string;
  endpoint: Endpoint;
  host: string;
  maker: Pick<RawItems, "provider" | "family">;
  clock: Clock;
  writer: ResponsesWriter;
  notices: Notices;
}

type Warning = Extract<ModelEvent, { type: "warning" }>;

/** Leaves out of the next request what made the server refuse this one, and says so; undefined when that is not known. */
export type Mend = (parts: ResponsesParts, messages: readonly Message[], error: unknown) => Warning | undefined;

export interface Mended<T> {
  sent: T;
  /** What was done so that the server could read the request. */
  recovery: readonly Warning[];
}

/** Sends a request; once more for each thing in it that the server says it cannot read or find, without that. */
export async function sendMended<T>(
  post: () => Promise<T>,
  messages: readonly Message[],
  { parts, mends }: { parts: ResponsesParts; mends: readonly Mend[] },
): Promise<Mended<T>> {
  const recovery: Warning[] = [];
  for (;;) {
    try {
      return { sent: await post(), recovery };
    } catch (error) {
      const mended = mends.map((mend) => mend(parts, messages, error)).find((warning) => warning !== undefined);
      if (mended === undefined || recovery.some(({ code }) => code === mended.code)) throw error;
      recovery.push(mended);
    }
  }
}

/** For a server that cannot decrypt what it is sent back. @see wire document 2.2: the refusal names neither item nor field */
export const forgetBlobs: Mend = ({ id, writer }, messages, error) => {
  const isUndecryptable =
    error instanceof HttpError && error.status === 400 && /could not decrypt/i.test(error.message);
  if (!isUndecryptable) return undefined;
  writer.forgetBlobs(messages);
  const message = `${id} could not decrypt what earlier answers of this conversation hold. It is sent without that from here on, and the model no longer knows what it thought then.`;
  return { type: "warning", code: "encrypted_items_dropped", message };
};

/** For a server that no longer has the stored answer which is to be continued. */
export const unlinkChain: Mend = ({ writer }, messages, error) => {
  if (!isChainLost(error) || !writer.unlink(messages)) return undefined;
  const message =
    "xAI no longer has the answer that this conversation goes on from. It is sent whole again, and stored anew.";
  return { type: "warning", code: "chain_lost", message };
};

/** Said of a request that continues a stored answer; a 404 may mean the model, and then the whole request has it too. */
function isChainLost(error: unknown): boolean {
  if (!(error instanceof HttpError)) return false;
  return error.status === 404 || `${error.serverCode} ${error.message}`.includes("previous_response_not_found");
}
