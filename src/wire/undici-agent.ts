import { Socket } from "node:net";
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { ownOptions } from "../own.ts";
import { proxiesOf } from "./proxy.ts";

/** What is under way with one server. */
interface Origin {
  /** Connections that are being made. */
  dialing: Set<Socket>;
  /** Requests that wait for one, and requests that are not over. */
  waiting: number;
  open: number;
}

const origins = new Map<string, Origin>();

/** A request's stay with its server. */
export interface Visit {
  /** It is on its way. */
  connected(): void;
  /** It is over. */
  leave(): void;
}

/**
 * Begins a request to `origin`. A connection that no request waits for any more is not made: undici does not know of ours that were
 * given up, and a connection that never answers would hold the process.
 */
export function visit(origin: string): Visit {
  const found = origins.get(origin) ?? { dialing: new Set(), waiting: 0, open: 0 };
  origins.set(origin, found);
  found.waiting += 1;
  found.open += 1;
  let isWaiting = true;
  let isOpen = true;
  const connected = (): void => {
    if (!isWaiting) return;
    isWaiting = false;
    found.waiting -= 1;
    if (found.waiting === 0) for (const socket of found.dialing) socket.destroy(unwanted());
  };
  return {
    connected,
    leave() {
      if (!isOpen) return;
      isOpen = false;
      found.open -= 1;
      if (found.open === 0) origins.delete(origin);
      connected();
    },
  };
}

/** Seen by no one: those who wanted the connection have left. */
const unwanted = (): Error => new Error("No request waits for this connection any more.");

// No timeout of their own: how long a connection may take is the endpoint's to say.
const connectHttp2 = buildConnector({ allowH2: true, timeout: 0 });
const connectHttp1 = buildConnector({ allowH2: false, timeout: 0 });

const connect: buildConnector.connector = (options, callback) => {
  const dialing = origins.get(`${options.protocol}//${options.host}`)?.dialing;
  if (dialing === undefined) return queueMicrotask(() => callback(unwanted(), null));
  const connectSocket = "allowH2" in options && options.allowH2 === false ? connectHttp1 : connectHttp2;
  // It returns the socket, which undici uses too, though its type does not say so.
  const socket: unknown = connectSocket(options, (...outcome) => {
    if (socket instanceof Socket) dialing.delete(socket);
    callback(...outcome);
  });
  if (socket instanceof Socket) dialing.add(socket);
  return socket;
};

/**
 * Headers and idle time are watched by whoever asks. 30 s is longer than most tools take, so that the next turn finds its connection
 * open, and shorter than servers and what lies before them keep an idle one.
 */
const options: Agent.Options = ownOptions({
  connect,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 30_000,
});

/** By the proxies that they send through, so that a change of the environment is heeded. */
const agents = new Map<string, Dispatcher>();

/** The connections of this process, through the proxies of the environment where Node is told to use them. */
export function sharedAgent(): Dispatcher {
  const proxies = proxiesOf(process.env, process.execArgv);
  const key = proxies?.join("\n") ?? "";
  const known = agents.get(key);
  if (known !== undefined) return known;
  const agent = proxies === undefined ? new Agent(options) : new EnvHttpProxyAgent(options);
  agents.set(key, agent);
  return agent;
}
