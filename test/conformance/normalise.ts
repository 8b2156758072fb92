import type { ErrorInfo, StoredEvent } from "fairwitness";

type Json = Readonly<Record<string, unknown>>;

/**
 * A record without what one protocol has and another has not. Ids, times and durations are not taken out: the scenarios
 * make them the same. The list is the whole of what may differ.
 */
export function normalise(record: readonly StoredEvent[]): readonly unknown[] {
  // The port of the simulator, of which every run has its own.
  const atOnePort: readonly StoredEvent[] = JSON.parse(
    JSON.stringify(record).replace(/127\.0\.0\.1:\d+/g, "127.0.0.1"),
  );
  return atOnePort.map((event) => {
    switch (event.type) {
      case "run.started": {
        // The name of the protocol itself, which is part of what the model is known by.
        const { api: _api, fingerprint, ...rest } = event;
        const { model: _model, ...makeup } = fingerprint ?? {};
        return { ...rest, fingerprint: makeup, messages: event.messages.map(withoutRaw) };
      }
      case "turn.completed": {
        const { systemFingerprint: _fingerprint, serviceTier: _tier, ...rest } = event;
        // `systemFingerprint`: the Messages protocol has no field for it.
        // `serviceTier`: Responses always says one; the others only where it is not the default.
        return { ...rest, message: withoutRaw(event.message), ...counted(event.usage) };
      }
      case "turn.retrying":
      case "turn.failed":
        return { ...event, ...counted(event.usage), error: withoutEnd(event.error) };
      case "run.failed":
        return { ...event, error: withoutEnd(event.error) };
      default:
        return event;
    }
  });
}

/** Raw items are of one protocol by their nature. */
function withoutRaw(message: object): object {
  const { raw: _raw, ...rest } = message as { raw?: unknown };
  return rest;
}

/** What not every protocol counts. */
function counted(usage: object | undefined): Json {
  if (usage === undefined) return {};
  // `sourcesUsed`: not on Messages. `serverToolCalls`, `billedServerTools`, `contextTokens`: on Responses alone.
  const { sourcesUsed, serverToolCalls, billedServerTools, contextTokens, ...rest } = usage as Json;
  return { usage: rest };
}

/** A stream that ended too early is told in the words of the protocol: which of its frames was missing. */
function withoutEnd(error: ErrorInfo): object {
  return error.code === "stream_incomplete" ? { ...error, message: "" } : error;
}
