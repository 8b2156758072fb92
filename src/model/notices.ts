import type { Message } from "../message/index.ts";
import { describeModel, NEWEST_MODEL, presumeModel } from "./capabilities.ts";
import type { ModelEvent, ModelRequest } from "./model.ts";

type Warning = Extract<ModelEvent, { type: "warning" }>;

/** What there is to say of a model's name: that it is retired, or that nobody knows it. Undefined when there is nothing. */
export function modelNotice(id: string): Warning | undefined {
  const facts = describeModel(id);
  if (facts === undefined) {
    const checked =
      presumeModel(id) === undefined
        ? "which settings it refuses is not checked"
        : `it is taken to be like ${NEWEST_MODEL}`;
    const message = `Nothing is known here of the model ${id}: ${checked}, and its cost is estimated only where the answer names a model whose price is known.`;
    return { type: "warning", code: "model_unknown", message };
  }
  if (facts.retired === undefined) return undefined;
  const { on, target } = facts.retired;
  const message = `${id} was retired on ${on}: ${target} answers and is billed. Ask for ${target}.`;
  return { type: "warning", code: "model_retired", message };
}

/** What is said once in a conversation, which is known by its array of messages. */
export interface Notices {
  /** What is still to be said; the same again until it was `told`, so that an attempt that fails loses nothing. */
  open(request: Pick<ModelRequest, "messages" | "before">): readonly Warning[];
  told(messages: readonly Message[]): void;
}

export function createNotices(id: string): Notices {
  const told = new WeakSet<readonly Message[]>();
  const notice = modelNotice(id);
  return {
    open({ messages, before = messages }) {
      return notice === undefined || told.has(messages) || told.has(before) ? [] : [notice];
    },
    told: (messages) => void told.add(messages),
  };
}
