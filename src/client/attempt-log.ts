import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { Protection } from "../message/index.ts";
import type { Endpoint, TransportRequest } from "../wire/index.ts";

/** Takes one line. What it throws is ignored: a log must not break what it logs. */
export type Log = (line: string) => void;

/**
 * Says of every request what became of it, in one line: method, path, status or error code, the server's request id,
 * milliseconds and attempt. Never what was said, nor a query, a key or a header.
 */
export interface AttemptLog {
  begin(attempt: number): LoggedAttempt;
  protection(act: Protection): void;
}

/** One attempt at something. */
export interface LoggedAttempt {
  /** A request of it is sent. */
  sent(method: string, path: string): void;
  /** The headers of the answer are there. */
  answered(status: number, requestId: string | undefined): void;
  /** It ended: well, or with what was thrown. A second end says nothing. */
  end(ending: { ok: true } | { ok: false; error: unknown }): void;
}

interface Request {
  method: string;
  path: string;
  startedMs: number;
  status?: number;
  requestId?: string;
}

export function createAttemptLog(log: Log, clock: Clock): AttemptLog {
  const write: Log = (line) => {
    try {
      log(`fairwitness ${line}`);
    } catch {
      // See `Log`.
    }
  };
  return {
    protection: ({ action, message }) => write(`${action}: ${message}`),
    begin(attempt) {
      let open: Request | undefined;
      const close = (error?: unknown): void => {
        if (open !== undefined)
          write(`${describe(open, error)} ${Math.round(clock.monotonic() - open.startedMs)} ms, attempt ${attempt}`);
        open = undefined;
      };
      return {
        sent(method, path) {
          close(); // an attempt may be more than one request: what the server could not decrypt is sent without it
          open = { method, path, startedMs: clock.monotonic() };
        },
        answered(status, requestId) {
          if (open === undefined) return;
          open.status = status;
          if (requestId !== undefined) open.requestId = requestId;
        },
        end: (ending) => close(ending.ok ? undefined : (ending.error ?? "aborted")),
      };
    },
  };
}

function describe({ method, path, status, requestId }: Request, error: unknown): string {
  const code = error === undefined ? "" : error instanceof AgentError ? error.code : "aborted";
  const words = [method, path, status === undefined ? "" : String(status), code];
  return `${words.filter((word) => word !== "").join(" ")},${requestId === undefined ? "" : ` request ${requestId},`}`;
}

/** The same endpoint, and every request of it is told to the attempt it belongs to. */
export function logged(
  endpoint: Endpoint,
  attemptOf: (request: TransportRequest) => LoggedAttempt | undefined,
): Endpoint {
  return {
    ...endpoint,
    async transport(request) {
      const attempt = attemptOf(request);
      attempt?.sent(request.method, pathOf(request.url, endpoint.baseUrl));
      const response = await endpoint.transport(request);
      attempt?.answered(response.status, requestIdOf(response.header, request.headers));
      return response;
    },
  };
}

/** From the base URL on, which may hold more than the world should see, and without the query. */
function pathOf(url: string, baseUrl: string): string {
  const path = url.startsWith(baseUrl) ? url.slice(baseUrl.length) : new URL(url).pathname;
  return path.split("?", 1).join("");
}

/** As the server calls the request, where it looks like an id: servers may send back anything, keys included. */
function requestIdOf(
  header: (name: string) => string | undefined,
  sent: Readonly<Record<string, string>>,
): string | undefined {
  const id = header("x-request-id") ?? header("xai-request-id") ?? header("request-id");
  if (id === undefined || !/^[\w.:-]{1,128}$/.test(id) || /xai-/i.test(id)) return undefined;
  const isSecret = Object.entries(sent).some(([name, value]) => name !== "x-client-request-id" && holds(value, id));
  return isSecret ? undefined : id;
}

function holds(value: string, id: string): boolean {
  return value.split(/\s+/).some((word) => word.length >= 8 && (id.includes(word) || word.includes(id)));
}
