import type { Message } from "../message/index.ts";
import type { EncodedRequest } from "./conversation.ts";
import type { LeftOutKind, NoteLeftOut } from "./foreign-items.ts";
import type { ModelEvent, ModelRequest } from "./model.ts";

/**
 * What requests go without, because the protocol has no place for it or because somebody else made it. Each kind is told once
 * in a conversation, which is known by its array of messages.
 */
export interface LeftOut {
  /** For the message that is being encoded. */
  note: NoteLeftOut;
  /** Encodes, and adds what there is to tell to the notices: until the answer is whole, since a failed attempt takes them with it. */
  tell(request: Pick<ModelRequest, "messages" | "before">, encode: () => EncodedRequest): EncodedRequest;
}

/** Where something is left out, and what. */
interface Gap {
  places: Set<string>;
  what: Set<string>;
}

type Gaps = Map<LeftOutKind, Gap>;

const NOTHING: ReadonlySet<LeftOutKind> = new Set();

/** @param to Who is asked, and over what, for people: `grok-4.7 over chat completions`. */
export function createLeftOut(to: string): LeftOut {
  const told = new WeakMap<readonly Message[], Set<LeftOutKind>>();
  const untold = new WeakMap<readonly Message[], Gaps>();
  let known: ReadonlySet<LeftOutKind> = NOTHING;
  let gaps: Gaps | undefined;
  return {
    note(kind, at, what) {
      if (known.has(kind)) return;
      gaps ??= new Map();
      const gap = gaps.get(kind) ?? { places: new Set(), what: new Set() };
      gaps.set(kind, gap);
      gap.places.add(at);
      if (what !== undefined) gap.what.add(what);
    },
    tell({ messages, before = messages }, encode) {
      const toldBefore = told.get(messages) ?? told.get(before) ?? NOTHING;
      known = toldBefore;
      // What a failed attempt has noted is not encoded again, and still to be told.
      gaps = untold.get(messages);
      const encoded = encode();
      // What was told of the conversation before it was made short was told of this one.
      if (toldBefore.size > 0 && !told.has(messages)) told.set(messages, new Set(toldBefore));
      const pending = gaps;
      if (pending === undefined) return encoded;
      untold.set(messages, pending);
      const notices = [...pending].map(([kind, gap]) => warning(kind, gap, to));
      const answered = (): void => {
        told.set(messages, new Set([...toldBefore, ...pending.keys()]));
        untold.delete(messages);
        encoded.answered();
      };
      return { ...encoded, notices: [...encoded.notices, ...notices], answered };
    },
  };
}

function warning(kind: LeftOutKind, { places, what }: Gap, to: string): ModelEvent {
  const at = listed([...places]);
  const verb = (one: string, many: string): string => `${at} ${places.size === 1 ? one : many}`;
  switch (kind) {
    case "items": {
      const message = `${verb("holds", "hold")} what cannot go to ${to}: ${listed([...what])}. Text and calls of functions are sent, and these are not.`;
      return { type: "warning", code: "foreign_items_dropped", message };
    }
    case "reasoning": {
      const message = `${verb("holds", "hold")} reasoning that cannot go to ${to}: sent without it.`;
      return { type: "warning", code: "reasoning_dropped", message };
    }
    case "name": {
      const message = `${verb("has", "have")} the name of who speaks, which cannot go to ${to}: sent without it.`;
      return { type: "warning", code: "names_dropped", message };
    }
    case "detail": {
      const message = `${verb("says", "say")} how finely an image is to be looked at, which cannot go to ${to}: sent without it.`;
      return { type: "warning", code: "image_detail_dropped", message };
    }
    default:
      return kind satisfies never;
  }
}

/** How many are named before the rest is only counted. */
const NAMED = 3;

/** `a`, `a and b`, `a, b, c and 4 more`. */
function listed(names: readonly string[]): string {
  const shown = names.length > NAMED + 1 ? [...names.slice(0, NAMED), `${names.length - NAMED} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
