import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { outputOf } from "./chaos-answer.ts";
import { type ChaosFault, type ChaosScript, isAtConnect } from "./chaos-fault.ts";
import { type ChaosRequest, createRequestReader } from "./chaos-request.ts";
import { type ChaosPace, isGone, playOutput, reset } from "./chaos-socket.ts";

export type { ChaosAnswer, ChaosCut, ChaosEncoding, ChaosFault, ChaosScript } from "./chaos-fault.ts";
export type { ChaosRequest } from "./chaos-request.ts";

/**
 * A server of raw TCP on 127.0.0.1 that plays faults by name. `await using server = await startChaos([{ fault: "silence" }])`.
 * It ends all by itself after 60 s and 1 GiB, so that a test that goes wrong does not go on.
 */
export interface ChaosServer extends AsyncDisposable {
  /** The base URL for a client. */
  readonly url: string;
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly port: number;
  /** What came, in order. */
  readonly requests: readonly ChaosRequest[];
  /** Connections that were accepted. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Connections that the client ended, before the server did. */
  readonly left: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Sends the next piece of every answer that is paced. */
  tick(): void;
  /** From now on connections are refused, at the same port; those that are open stay. */
  refuse(): Promise<void>;
  /** From now on connections are accepted again. */
  accept(): Promise<void>;
  /** Resets the connections that are open. */
  reset(): void;
  close(): Promise<void>;
}

export interface ChaosOptions {
  /** True: connections are refused until `accept()`. */
  refuse?: boolean;
  /** Speaks TLS with this key and certificate (PEM). */
  tls?: { key: string; cert: string };
}

const MAX_BYTES = 2 ** 30;
const MAX_MS = 60_000;

export async function startChaos(script: ChaosScript, options: ChaosOptions = {}): Promise<ChaosServer> {
  const sockets = new Set<Socket>();
  const requests: ChaosRequest[] = [];
  const waiting = new Set<() => void>();
  const faultOf = createPlan(script);
  const count = { connections: 0, left: 0, bytesIn: 0, bytesOut: 0 };
  const pace: ChaosPace = {
    tick: (socket) => nextTick(socket, waiting),
    mayWrite(length) {
      count.bytesOut += length;
      return count.bytesOut <= MAX_BYTES;
    },
  };
  const onSocket = (socket: Socket): void => {
    const connection = count.connections++;
    watchLeaving(socket, () => count.left++);
    socket.on("data", (bytes) => {
      count.bytesIn += bytes.length;
    });
    serveSocket({ socket, connection, requests, faultOf, pace });
  };
  const server = createListener(options, onSocket);
  // Under TLS this comes before the handshake, which may fail and leave its connection open.
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  const stop = (): void => sockets.forEach((socket) => void socket.destroy());
  const limit = setTimeout(stop, MAX_MS);
  limit.unref();
  // Not awaited: it ends with the last connection, and listens no more at once.
  const refuse = async (): Promise<void> => void server.close();
  if (options.refuse === true) await refuse();
  const close = async (): Promise<void> => {
    clearTimeout(limit);
    stop();
    for (const resolve of waiting) resolve();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}/v1`,
    host: `127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return count.connections;
    },
    get left() {
      return count.left;
    },
    get bytesIn() {
      return count.bytesIn;
    },
    get bytesOut() {
      return count.bytesOut;
    },
    get open() {
      return sockets.size;
    },
    tick() {
      for (const resolve of [...waiting]) resolve();
    },
    refuse,
    accept: () => listen(server, port),
    reset: () => sockets.forEach((socket) => void socket.resetAndDestroy()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createListener({ tls }: ChaosOptions, onSocket: (socket: Socket) => void): Server {
  // Half-open is allowed, so that it is seen who ends first.
  if (tls === undefined) return createServer({ allowHalfOpen: true }, onSocket);
  return createTlsServer({ ...tls, allowHalfOpen: true }, onSocket).on("tlsClientError", () => {});
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** The fault for a request, by its number and connection. Asked once for each, in order. */
type Plan = (connection: number, isAccepting: boolean) => ChaosFault | undefined;

/** What is played at the moment of connecting counts like a request. */
function createPlan(script: ChaosScript): Plan {
  const places = new Map<number, number>();
  const listFor = (connection: number): readonly ChaosFault[] =>
    "connections" in script ? (script.connections[Math.min(connection, script.connections.length - 1)] ?? []) : script;
  return (connection, isAccepting) => {
    const faults = listFor(connection);
    const key = "connections" in script ? connection : -1;
    const place = places.get(key) ?? 0;
    const fault = faults[Math.min(place, faults.length - 1)];
    if (fault !== undefined && isAccepting !== isAtConnect(fault))
      return isAccepting ? undefined : { fault: "silence" };
    places.set(key, place + 1);
    return fault ?? (isAccepting ? undefined : { fault: "silence" });
  };
}

function nextTick(socket: Socket, waiting: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      waiting.delete(go);
      socket.off("close", go);
      resolve();
    };
    waiting.add(go);
    socket.once("close", go);
    if (socket.destroyed) go();
  });
}

/** The client left when its FIN or RST came before ours. */
function watchLeaving(socket: Socket, onLeave: () => void): void {
  let isLeft = false;
  const leave = (): void => {
    if (isLeft || socket.writableEnded) return;
    isLeft = true;
    onLeave();
    socket.end();
  };
  socket.once("end", leave);
  // A reset while it is written to is an error here, and what is behind it is no fault of the test.
  socket.on("error", leave);
}

interface Served {
  socket: Socket;
  connection: number;
  requests: ChaosRequest[];
  faultOf: Plan;
  pace: ChaosPace;
}

function serveSocket({ socket, connection, requests, faultOf, pace }: Served): void {
  const atConnect = faultOf(connection, true);
  if (atConnect?.fault === "reset-on-connect") return void socket.resetAndDestroy();
  if (atConnect?.fault === "deaf") return void socket.pause();
  if (atConnect?.fault === "banner") return void socket.end(atConnect.bytes);
  const reader = createRequestReader(connection);
  let playing: Promise<unknown> = Promise.resolve();
  socket.on("data", (bytes: Buffer) => {
    for (const request of reader.feed(bytes)) {
      requests.push(request);
      const fault = faultOf(connection, false);
      if (fault !== undefined) playing = playing.then(() => play(socket, fault, pace));
    }
  });
}

async function play(socket: Socket, fault: ChaosFault, pace: ChaosPace): Promise<void> {
  if (isGone(socket)) return;
  if (fault.fault === "reset-before-headers") return reset(socket);
  if (fault.fault === "fin-before-headers") return void socket.end();
  const output = outputOf(fault);
  if (output !== undefined) await playOutput(socket, output, pace);
}
