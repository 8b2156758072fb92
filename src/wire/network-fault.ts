import type { ErrorCode } from "../errors.ts";

/** What an error of the network means. */
export interface NetworkFault {
  code: ErrorCode;
  retryable: boolean;
  /** What the server did, as the rest of a sentence that begins with its name; absent where only the moment tells. */
  what?: string;
  advice: string;
  /** The word of the network for it, such as `ECONNRESET`. */
  detail: string;
}

const CHECK_WAY = "Check the network, the proxy and the base URL.";
const broke = (code: ErrorCode): Omit<NetworkFault, "detail"> => ({ code, retryable: true, advice: CHECK_WAY });

/** No name for what ends the checking of certificates: whoever does that has sent the key to anybody. */
const UNTRUSTED: Omit<NetworkFault, "detail"> = {
  code: "connection_failed",
  retryable: false,
  what: "could not be trusted",
  advice:
    "Its TLS certificate was not accepted: check the base URL and the clock of this machine, or add the authority of your proxy to those that Node trusts.",
};

const TLS_REFUSED: Omit<NetworkFault, "detail"> = {
  code: "connection_failed",
  retryable: false,
  what: "could not be spoken to over TLS",
  advice: "Check whether the base URL should begin with http or https, and its port.",
};

const HEADERS_TOO_LARGE: Omit<NetworkFault, "detail"> = {
  code: "connection_failed",
  retryable: false,
  what: "sent more headers than are read",
  advice: "Check the base URL, and whether a proxy is in the way.",
};

const NOT_HTTP: Omit<NetworkFault, "detail"> = { ...broke("connection_failed"), what: "sent what is not HTTP" };

const NOT_COMPRESSED: Omit<NetworkFault, "detail"> = {
  ...broke("connection_failed"),
  what: "sent a compressed answer that is broken",
};

const NO_SUCH_HOST: Omit<NetworkFault, "detail"> = { ...broke("connection_failed"), what: "was not found" };

/** Undici, which is Node's fetch too, says in `cause.code` what happened. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const KNOWN: readonly (readonly [RegExp, Omit<NetworkFault, "detail">])[] = [
  [/^UND_ERR_CONNECT_TIMEOUT$/, broke("connect_timeout")],
  [/^UND_ERR_HEADERS_TIMEOUT$/, broke("headers_timeout")],
  [/^UND_ERR_BODY_TIMEOUT$/, broke("idle_timeout")],
  [/^(ENOTFOUND|EAI_AGAIN)$/, NO_SUCH_HOST],
  [/^(CERT_|ERR_TLS_CERT_|UNABLE_TO_)|_SELF_SIGNED_CERT|^SELF_SIGNED_CERT|^(INVALID_CA|HOSTNAME_MISMATCH)$/, UNTRUSTED],
  [/^(INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/, UNTRUSTED],
  [/^(EPROTO$|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL|\w*ALERT))/, TLS_REFUSED],
  [/^UND_ERR_HEADERS_OVERFLOW$/, HEADERS_TOO_LARGE],
  [/^(HPE_|HTTPParserError$)/, NOT_HTTP],
  [/^(Z_|ZSTD_|ERR_BROTLI|ERR_ZSTD|ERR__ERROR_FORMAT)/, NOT_COMPRESSED],
];

/** Reads what undici or `fetch` threw. */
export function readNetworkFault(error: unknown): NetworkFault {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const detail = detailOf(cause);
  if (detail === "ETIMEDOUT" && isConnecting(cause)) return { ...broke("connect_timeout"), detail };
  const known = KNOWN.find(([pattern]) => pattern.test(detail))?.[1] ?? broke("connection_failed");
  return { ...known, detail };
}

/** A connection that is there may time out too. Of several addresses that were tried, Node throws all errors as one. */
function isConnecting(cause: unknown): boolean {
  return (
    cause instanceof AggregateError || (cause instanceof Error && "syscall" in cause && cause.syscall === "connect")
  );
}

/** The code of the cause; for those without one their class, which is no secret either, as a message may be. */
function detailOf(cause: unknown): string {
  if (typeof cause !== "object" || cause === null) return "no reason given";
  if ("code" in cause && typeof cause.code === "string") return cause.code;
  const name = cause instanceof Error ? cause.name : "";
  return /^(|Error|TypeError)$/.test(name) ? "no reason given" : name;
}
