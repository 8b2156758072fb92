/** One request as it came over a socket. */
export interface ChaosRequest {
  /** Which connection it came over, from 0. */
  connection: number;
  method: string;
  /** Path and query. */
  target: string;
  /** By lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** The head as it came. */
  head: string;
  body: Buffer;
}

/** Splits what comes over one connection into requests. Bodies need a `content-length`: `fetch` sends one. */
export interface RequestReader {
  /** The requests that these bytes complete. */
  feed(bytes: Buffer): readonly ChaosRequest[];
}

export function createRequestReader(connection: number): RequestReader {
  let rest: Buffer = Buffer.alloc(0);
  /** Pieces of a body that is not whole yet: joined once, at its end. */
  let pieces: Buffer[] = [];
  let missing = 0;
  let open: Omit<ChaosRequest, "body"> | undefined;

  function readHead(): boolean {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    open = parseHead(rest.toString("latin1", 0, end), connection);
    missing = Number(open.headers["content-length"] ?? 0);
    rest = rest.subarray(end + 4);
    return true;
  }

  function readBody(): ChaosRequest | undefined {
    const piece = rest.subarray(0, missing);
    pieces.push(piece);
    missing -= piece.length;
    rest = rest.subarray(piece.length);
    if (missing > 0 || open === undefined) return undefined;
    const request = { ...open, body: Buffer.concat(pieces) };
    pieces = [];
    open = undefined;
    return request;
  }

  return {
    feed(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const requests: ChaosRequest[] = [];
      while (open !== undefined || readHead()) {
        const request = readBody();
        if (request === undefined) break;
        requests.push(request);
      }
      return requests;
    },
  };
}

function parseHead(head: string, connection: number): Omit<ChaosRequest, "body"> {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { connection, method, target, headers, head };
}
