import { createHash } from "node:crypto";
import { AgentError } from "../errors.ts";
import type { RecordedRequest } from "./exchange.ts";
import { isMadeId } from "./made-ids.ts";

/** What a request is matched by: equal for requests that ask the same. */
export interface Canonical {
  /** Hash of method, path and body; not of headers. */
  key: string;
  /** The ids of ours in the body, which the key leaves out, in their order. */
  ids: readonly string[];
}

/** True for the place of a field that may differ, such as `metadata.asked_at`. */
export type IsIgnored = (path: string) => boolean;

export function canonicalOf(request: RecordedRequest, isIgnored: IsIgnored): Canonical {
  const ids: string[] = [];
  const content = canonical(contentOf(request), "", { ids, isIgnored });
  const text = JSON.stringify([request.method, request.path, content ?? null]);
  return { key: createHash("sha256").update(text).digest("hex"), ids };
}

/** The body as JSON, whatever it is: places in it are the same to users, the matcher and the difference shown. */
export function contentOf({ body }: RecordedRequest): unknown {
  if (body === undefined) return undefined;
  if (body.type === "json") return body.json;
  if (body.type === "form") return { form: body.parts };
  return { bytes: body.bytes, sha256: body.sha256 };
}

interface Walk {
  ids: string[];
  isIgnored: IsIgnored;
}

/** The order of fields means nothing; the order of a list does. */
function canonical(value: unknown, path: string, walk: Walk): unknown {
  if (typeof value === "string") {
    if (!isMadeId(value)) return value;
    walk.ids.push(value);
    return "run_*";
  }
  if (Array.isArray(value)) {
    return value.map((item, place) => {
      const at = placeIn(path, place);
      return walk.isIgnored(at) ? null : canonical(item, at, walk);
    });
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const counted = entries.flatMap(([name, item]) => {
    const at = fieldIn(path, name);
    return walk.isIgnored(at) ? [] : [[name, canonical(item, at, walk)] as const];
  });
  return Object.fromEntries(counted);
}

export function placeIn(path: string, place: number): string {
  return `${path}[${place}]`;
}

export function fieldIn(path: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/**
 * Understands places as the difference shows them; `[*]` is any place of a list.
 * @throws {AgentError} `invalid_option`
 */
export function ignoring(paths: readonly string[]): IsIgnored {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string" && path !== "")) {
    const message = 'ignore of replay is a list of places in the body, such as ["metadata.asked_at", "input[*].id"].';
    throw new AgentError("invalid_option", message);
  }
  if (paths.length === 0) return () => false;
  const plain = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const patterns = paths.map((path) => path.split("[*]").map(plain).join("\\[\\d+\\]"));
  const pattern = new RegExp(`^(?:${patterns.join("|")})$`);
  return (path) => pattern.test(path);
}
