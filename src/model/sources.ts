import type { Source } from "../message/index.ts";
import { type Json, textOf } from "./json.ts";

const X_HOSTS: ReadonlySet<string> = new Set(["x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com"]);
const X_PAGES: ReadonlySet<string> = new Set(
  "about compose download explore hashtag home i intent jobs login messages notifications privacy search settings share signup tos".split(
    " ",
  ),
);

/**
 * The source an address stands for: a post or a user of X, a file of a collection (`collections://…/files/<id>`), or a
 * page. Addresses that differ only in what does not choose the page (fragment, `utm_…`) are one source.
 * @param title Left out when it is only a display number, as xAI's are.
 */
export function sourceOfUrl(url: string, title?: unknown): Source {
  const said = textOf(title);
  const named = said === undefined || /^\d+$/.test(said) ? {} : { title: said };
  if (!URL.canParse(url)) return { id: `web:${url}`, type: "web", url, ...named };
  const parsed = new URL(url);
  const fileId = parsed.protocol === "collections:" ? /\/files\/([^/?#]+)/.exec(url)?.[1] : undefined;
  if (fileId !== undefined) return { id: `file:${fileId}`, type: "file", url, fileId, ...named };
  return { ...(xSource(parsed) ?? { id: `web:${canonical(parsed)}`, type: "web" }), url, ...named };
}

/** A file by its id; `filename` where the server tells it. */
export function sourceOfFile(fileId: string, filename?: unknown): Source {
  const title = textOf(filename);
  return { id: `file:${fileId}`, type: "file", fileId, ...(title === undefined ? {} : { title }) };
}

/** What an annotation or a result points at; undefined when it names neither an address nor a file. */
export function sourceOf(json: Json): Source | undefined {
  const url = textOf(json.url);
  if (url !== undefined) return sourceOfUrl(url, json.title);
  const fileId = textOf(json.file_id);
  return fileId === undefined ? undefined : sourceOfFile(fileId, json.filename);
}

/** `/<handle>/status/<id>`, `/i/status/<id>`, `/i/web/status/<id>`; `/<handle>`, `/i/user/<id>`. */
function xSource({ hostname, pathname }: URL): Pick<Source, "id" | "type"> | undefined {
  if (!X_HOSTS.has(hostname)) return undefined;
  const post = /^\/(?:i\/web|\w+)\/status(?:es)?\/(\d+)/.exec(pathname)?.[1];
  if (post !== undefined) return { id: `x_post:${post}`, type: "x_post" };
  const user = /^\/(?:i\/user\/(\d+)|(\w{1,15}))\/?$/.exec(pathname);
  const handle = (user?.[1] ?? user?.[2])?.toLowerCase();
  return handle === undefined || X_PAGES.has(handle) ? undefined : { id: `x_user:${handle}`, type: "x_user" };
}

function canonical(parsed: URL): string {
  const { href } = parsed;
  // Most have neither: a second address and its parameters cost more than all the rest.
  if (!href.includes("?") && !href.includes("#")) return href;
  const url = new URL(href);
  url.hash = "";
  const kept = [...url.searchParams].filter(([name]) => !name.toLowerCase().startsWith("utm_"));
  // Written anew only where something was taken out: that would change how the rest is escaped.
  if (kept.length !== url.searchParams.size) url.search = new URLSearchParams(kept).toString();
  return url.href;
}
