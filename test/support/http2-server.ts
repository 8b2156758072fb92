import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { setDefaultCACertificates } from "node:tls";
import { createCertificate } from "./chaos-certificate.ts";

/** A server on loopback over TLS that offers HTTP/2, and HTTP/1 to those who want that. */
export interface Http2Server extends AsyncDisposable {
  /** The origin. */
  readonly url: string;
  /** The authority that its certificate is from, PEM. */
  readonly authority: string;
  /** Connections that speak HTTP/2: how many there were, and how many are open. */
  readonly sessions: number;
  readonly open: number;
  /** Streams that are over, by the code they were ended with. */
  readonly ended: readonly number[];
  /** Method and version of every request. */
  readonly requests: readonly string[];
}

/** @param answer Given every stream with its number, from 0, once its request is whole. */
export async function startHttp2(answer: (stream: ServerHttp2Stream, n: number) => void): Promise<Http2Server> {
  const authority = createCertificate();
  const { key, cert } = createCertificate({ host: "127.0.0.1", issuer: authority });
  // For this process, of which only one file of tests is run.
  setDefaultCACertificates([authority.cert]);
  const ended: number[] = [];
  const requests: string[] = [];
  const count = { sessions: 0, open: 0 };
  const server = createSecureServer({ key, cert, allowHTTP1: true });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    count.sessions += 1;
    count.open += 1;
    session.once("close", () => (count.open -= 1)).on("error", () => {});
  });
  let streams = 0;
  server.on("stream", (stream) => {
    const n = streams++;
    stream.once("close", () => ended.push(stream.rstCode)).on("error", () => {});
    stream.resume().once("end", () => answer(stream, n));
  });
  server.on("request", (request, response) => {
    requests.push(`${request.method} HTTP/${request.httpVersionMajor}`);
    if (request.httpVersionMajor === 1) response.end("over HTTP/1");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    ...{ url: `https://127.0.0.1:${port}`, authority: authority.cert, ended, requests },
    get sessions() {
      return count.sessions;
    },
    get open() {
      return count.open;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}
