import { dayAfter, readDay } from "./day.ts";
import { createReader, type OptionNames, readOptions, refusal, settled } from "./server-options.ts";
import type { XSearchOptions, XSearchTool } from "./server-tool.ts";

const NAMES: OptionNames = {
  maker: "xSearch",
  options: ["allowedHandles", "excludedHandles", "from", "to", "imageUnderstanding", "videoUnderstanding"],
  habits: {
    allowed_x_handles: "allowedHandles",
    allowedXHandles: "allowedHandles",
    included_x_handles: "allowedHandles",
    includedXHandles: "allowedHandles",
    x_handles: "allowedHandles",
    xHandles: "allowedHandles",
    handles: "allowedHandles",
    excluded_x_handles: "excludedHandles",
    excludedXHandles: "excludedHandles",
    from_date: "from",
    fromDate: "from",
    start_date: "from",
    startDate: "from",
    since: "from",
    to_date: "to",
    toDate: "to",
    end_date: "to",
    endDate: "to",
    until: "to",
    enable_image_understanding: "imageUnderstanding",
    enableImageUnderstanding: "imageUnderstanding",
    enable_video_understanding: "videoUnderstanding",
    enableVideoUnderstanding: "videoUnderstanding",
    allowedDomains: "Only webSearch takes domains",
    excludedDomains: "Only webSearch takes domains",
    type: "Write xSearch(), and { allowedHandles: […] } in it where you need them",
  },
};

/** Newer servers; those described by xAI's OpenAPI take ten. */
const MAX_HANDLES = 20;
const SURE_HANDLES = 10;

/**
 * xAI's search of X, run by xAI: posts, threads and people. A tool of the Responses API.
 * @throws {AgentError} `invalid_tool` naming the option and what to write.
 */
export function xSearch(options?: XSearchOptions): XSearchTool {
  const given = readOptions(options, NAMES);
  const read = createReader(NAMES.maker, given);
  read.either("allowedHandles", "excludedHandles");
  const [from, to] = [readDate("from", given.from), readDate("to", given.to)];
  checkOrder(from, to);
  const checked = settled<XSearchTool["options"]>({
    allowedHandles: read.list("allowedHandles", MAX_HANDLES, readHandle),
    excludedHandles: read.list("excludedHandles", MAX_HANDLES, readHandle),
    from,
    to,
    imageUnderstanding: read.flag("imageUnderstanding"),
    videoUnderstanding: read.flag("videoUnderstanding"),
  });
  const tool = { executor: "server", kind: "x_search", name: "x_search", options: checked } as const;
  const advice = adviceOn(checked);
  return Object.freeze(advice === undefined ? tool : { ...tool, advice: Object.freeze([advice]) });
}

function adviceOn({ allowedHandles, excludedHandles }: XSearchTool["options"]): string | undefined {
  const option = allowedHandles === undefined ? "excludedHandles" : "allowedHandles";
  const count = (allowedHandles ?? excludedHandles ?? []).length;
  if (count <= SURE_HANDLES) return undefined;
  return `xSearch has ${count} entries in ${option}: xAI's docs allow ${MAX_HANDLES}, older servers refuse more than ${SURE_HANDLES} with 400.`;
}

/** The name alone, its case kept. */
function readHandle(text: string, place: string): string {
  const handle = text.trim().replace(/^@/, "");
  if (/^[A-Za-z0-9_]{1,15}$/.test(handle)) return handle;
  const shown = JSON.stringify(text.slice(0, 120));
  const [, pasted] =
    /^(?:https?:\/\/)?(?:www\.|mobile\.)?(?:x|twitter)\.com\/@?(\w{1,15})(?:[/?#]|$)/i.exec(handle) ?? [];
  const fix = pasted === undefined ? 'A handle is 1 to 15 letters, digits and _, such as "xai"' : `Write "${pasted}"`;
  throw refusal(NAMES.maker, `has ${place} ${shown}, which is no handle. ${fix}`);
}

function readDate(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const read = readDay(value);
  if ("day" in read) return read.day;
  throw refusal(NAMES.maker, `has a ${option} that ${read.problem}. It takes a Date or a day as YYYY-MM-DD`);
}

function checkOrder(from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined || from < to) return;
  if (from > to) throw refusal(NAMES.maker, `has from ${from} after to ${to}. Swap them`);
  throw refusal(
    NAMES.maker,
    `has from and to ${from}, and to is exclusive, so nothing is searched. For that one day write to: "${dayAfter(to)}"`,
  );
}
