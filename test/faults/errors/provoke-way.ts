import { createServer } from "node:net";
import { createClient, type FetchFunction } from "fairwitness";
import { type SimTurn, startSimulator } from "fairwitness/sim";
import { fakeClock } from "../../support/fake-clock.ts";
import { until } from "../../support/until.ts";
import { type Answerer, beginText, watchedServer } from "../../support/watched-server.ts";
import { failureOf } from "../../wire/support.ts";
import type { Provoke } from "./provoke-server.ts";

const question = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;
const once = { attempts: 1 };

/** The error of a request to a simulator that answers so. */
const answered = (turn: SimTurn): Provoke => {
  return async () => {
    await using simulator = await startSimulator({ script: () => turn });
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url, retry: once });
    return await failureOf(client.chat.completions.create(question));
  };
};

/** The error of a request to a server that stops so, once all the time a client may wait has passed. */
const silent = (answer: Answerer, isReached: (reads: number) => boolean): Provoke => {
  return async () => {
    await using server = await watchedServer(answer);
    const clock = fakeClock();
    let reads = 0;
    const counting: FetchFunction = async (url, init) => {
      const response = await fetch(url, init);
      const counted = response.body?.pipeThrough(
        new TransformStream({
          transform: (read, next) => {
            reads += 1;
            next.enqueue(read);
          },
        }),
      );
      return new Response(counted ?? null, response);
    };
    const client = createClient({ apiKey: "sim_key", baseURL: server.url, retry: once, clock, fetch: counting });
    const failure = failureOf(client.chat.completions.create(question));
    await until(() => server.requests === 1 && isReached(reads));
    await clock.pass(300_000);
    return failure;
  };
};

/** The error of a request that `fetch` itself gives up, saying so in this code. */
const unreached = (code: string): Provoke => {
  const fetching: FetchFunction = async () => {
    throw new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
  };
  return async () => {
    const client = createClient({ apiKey: "sim_key", fetch: fetching, retry: once });
    return await failureOf(client.chat.completions.create(question));
  };
};

/** A port of this machine that nobody listens on any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

export const WAY: Readonly<Record<string, Provoke>> = {
  "The connection is refused or breaks": async () => {
    const client = createClient({
      apiKey: "sim_key",
      baseURL: `http://127.0.0.1:${await closedPort()}`,
      retry: once,
    });
    return await failureOf(client.models.list());
  },
  "The certificate is not accepted": unreached("CERT_HAS_EXPIRED"),
  "The connection takes too long": unreached("UND_ERR_CONNECT_TIMEOUT"),
  "No answer comes": silent(
    () => {},
    () => true,
  ),
  "The answer stops coming": silent(
    (response) => beginText(response),
    (reads) => reads > 0,
  ),
  "The server points elsewhere": answered({ redirect: "https://elsewhere.example/v1" }),
  "Something else than an answer": answered({ body: "<html><body>Log in</body></html>" }),
  "The stream is cut": answered({ text: "A whole sentence of an answer.", cut: { afterBytes: 600 } }),
  "The answer is empty": answered({ body: "", headers: { "content-type": "text/event-stream" } }),
  "An event is broken": answered({ chunks: ['{"choices": [{'] }),
  "The circuit breaker is open": async () => {
    await using simulator = await startSimulator({ script: () => ({ status: 500 }) });
    const protect = { breaker: { failures: 1 } };
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url, retry: once, protect });
    await failureOf(client.chat.completions.create(question));
    return await failureOf(client.chat.completions.create(question));
  },
  "The bulkhead is full": async () => {
    await using server = await watchedServer(() => {});
    const protect = { bulkhead: { concurrent: 1 } };
    const client = createClient({ apiKey: "sim_key", baseURL: server.url, retry: once, protect });
    const leaving = new AbortController();
    const first = failureOf(client.chat.completions.create(question, { signal: leaving.signal }));
    await until(() => server.requests === 1);
    const failure = await failureOf(client.chat.completions.create(question));
    leaving.abort();
    await first;
    return failure;
  },
  "An event is too large": answered({ chunks: [`"${"x".repeat(17 * 1024 * 1024)}"`] }),
};
