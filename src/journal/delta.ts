import type { Delta, NewDelta } from "../event/index.ts";
import type { RecordedIn } from "./record.ts";

/** What a batch of deltas has in common. */
export interface DeltaStamp {
  runId: string;
  at: number;
  /** `seq` of the last stored event. */
  after: number;
}

/** Deltas with their position: which attempt at which step they belong to, and where in it. */
export function stampDeltas(deltas: readonly NewDelta[], place: RecordedIn, common: DeltaStamp): readonly Delta[] {
  const turn = turnOf(place.step);
  return deltas.map((delta) => stampDelta(delta, place, common, turn));
}

/** Spelled out field by field: this runs for every token, and a spread costs several times as much. */
function stampDelta(delta: NewDelta, place: RecordedIn, common: DeltaStamp, turn: number): Delta {
  const { runId, at, after } = common;
  const { step, epoch } = place;
  const n = place.emitted;
  place.emitted += 1;
  switch (delta.type) {
    case "text.delta":
      return { type: "text.delta", runId, turn, at, step, epoch, after, n, delta: delta.delta };
    case "reasoning.delta":
      return { type: "reasoning.delta", runId, turn, at, step, epoch, after, n, delta: delta.delta };
    case "tool.input.delta": {
      const { index, tool } = delta;
      return { type: "tool.input.delta", runId, turn, at, step, epoch, after, n, index, tool, delta: delta.delta };
    }
    case "tool.progress":
      return { type: "tool.progress", runId, turn, at, step, epoch, after, n, call: delta.call, data: delta.data };
    default:
      return delta satisfies never;
  }
}

/** Step names come from positions: `model:3`, `tool:3.1`. */
function turnOf(step: string): number {
  return Number.parseInt(step.slice(step.indexOf(":") + 1), 10);
}
