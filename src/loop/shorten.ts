import { AgentError } from "../errors.ts";
import type { Compaction, LedgerEntry, NewEvent } from "../event/index.ts";
import { contentText, type ToolMessage } from "../message/index.ts";
import type { ModelEvent } from "../model/index.ts";
import { summaryOf } from "../tool/index.ts";
import { hasAttachment, isLongResult, type OldPart } from "./compact-room.ts";
import type { LoopServices } from "./services.ts";
import { changedArguments } from "./tool-op.ts";
import { type Trial, tried } from "./trial.ts";

/** What a method made of a conversation. */
export interface Shortened extends Compaction {
  servedModel?: string;
  /** Tokens of `messages`, where the server counted them. */
  tokens?: number;
}

/** Old results give way to their summaries. */
export async function shortenResults({ record, toolbox }: LoopServices, old: OldPart): Promise<Shortened> {
  const { messages, calls } = record.fold.state;
  const entries = new Map(calls.map((entry) => [entry.call.id, entry]));
  const results: Record<string, string> = Object.create(null); // ids are the server's: any name may be one
  for (const message of messages.slice(old.from, old.to)) {
    if (!isLongResult(message)) continue;
    const entry = entries.get(message.callId);
    const tool = toolbox.get(message.tool ?? entry?.call.tool ?? "");
    const { content } = message;
    const output = entry?.output === undefined ? {} : { output: entry.output };
    const left = summaryOf(tool, { tool: message.tool ?? "a tool", content, ...output });
    const short = withNotes(left, message, entry);
    if (hasAttachment(message) || short.length < contentText(content).length) results[message.callId] = short;
  }
  return { results: { ...results } };
}

/** What a summary of the output alone would leave out. */
function withNotes(text: string, message: ToolMessage, entry: LedgerEntry | undefined): string {
  const changed = changedArguments(entry?.approval);
  const isSaid = changed === undefined || text.includes(changed);
  const attached = hasAttachment(message) ? "\n[images and files of this result are not shown any more]" : "";
  return `${isSaid ? "" : `${changed}\n`}${text}${attached}`;
}

/** xAI makes one item of all that is old, the system messages included. */
export async function compactAtXai(services: LoopServices, trial: Trial, { to }: OldPart): Promise<Shortened> {
  const { record, model, settings, conversation } = services;
  const old = record.fold.state.messages.slice(0, to);
  const made = await tried(services, trial, async () => {
    if (model.compact === undefined) throw new AgentError("unsupported_setting", `${model.id} makes nothing short.`);
    const { requestId, number: attempt, info } = trial;
    const onEvents = (events: readonly ModelEvent[]): void =>
      void trial.notices.push(...events.flatMap(asNotice(trial)));
    const request = { messages: old, settings, conversation, requestId, attempt, onEvents };
    const compacted = await model.compact(request, info.signal);
    trial.used = compacted;
    if (compacted.simulated === true) trial.simulated = true;
    return compacted;
  });
  return {
    from: 0,
    count: to,
    messages: made.messages,
    ...(made.servedModel === undefined ? {} : { servedModel: made.servedModel }),
    ...(made.usage === undefined ? {} : { tokens: made.usage.outputTokens }),
  };
}

function asNotice({ turn }: Trial): (event: ModelEvent) => readonly NewEvent[] {
  return (event) => {
    const isNews = event.type === "warning" || event.type === "protection" || event.type === "wire";
    return isNews ? [{ ...event, turn }] : [];
  };
}
