import { AgentError } from "../errors.ts";

/** What a successful attempt gives while its answer still goes on. */
export interface Ongoing {
  /** Settles with the whole answer, or with what ended it before. */
  readonly ended: Promise<unknown>;
}

/** How one kind of answer is folded. */
export interface Fold<Item, Partial, Whole> {
  add(item: Item): void;
  /** @throws {AgentError} when the answer is not whole. */
  finish(): Whole;
  partial(): Partial;
}

/** An answer on its way: an array of items for each network read. */
export interface Answer<Item> {
  items: AsyncIterable<readonly Item[]>;
  requestId: string | undefined;
  simulated: boolean;
}

/** What the headers of an answer add to it. */
export interface Origin {
  request_id?: string;
  simulated?: true;
}

/** An answer to be read as it comes, once. The request is sent when the reading begins. */
export interface PairStream<Item, Partial, Whole> extends AsyncIterable<readonly [response: Partial, item: Item]> {
  /**
   * The whole answer. Reads the stream if nobody does; otherwise waits for whoever does.
   * @throws {AgentError} as reading the stream does; `stream_incomplete` when its reader left before the end.
   */
  result(): Promise<Whole>;
}

/** What is asked, and how its answer is put together. */
export interface Exchange<Item, Partial, Whole> {
  /** One attempt. */
  send(): Promise<Answer<Item>>;
  createFold(): Fold<Item, Partial, Whole>;
  /** True for what shows nothing of the answer yet: until something else came, the whole may be tried again. */
  isPrelude(item: Item): boolean;
  /** Tries again what may pass. */
  retry<T>(attempt: () => Promise<T>): Promise<T>;
}

/** Asks and folds the answer; the whole is one attempt, tried again as one. */
export function foldAnswer<Item, Partial, Whole extends Origin>(
  exchange: Exchange<Item, Partial, Whole>,
): Promise<Whole> {
  return exchange.retry(async () => {
    const answer = await exchange.send();
    const fold = exchange.createFold();
    for await (const items of answer.items) items.forEach(fold.add);
    return withOrigin(fold.finish(), answer);
  });
}

/** Streams an answer as pairs. Tried again only until the first item is handed out: what was shown stays shown. */
export function streamPairs<Item, Partial, Whole extends Origin>(
  exchange: Exchange<Item, Partial, Whole>,
): PairStream<Item, Partial, Whole> {
  const outcome = createOutcome<Whole>();
  let isTaken = false;
  const take = (): AsyncGenerator<readonly [Partial, Item]> => {
    if (isTaken) throw new AgentError("already_read", "This stream is read already: await its result(), or ask again.");
    isTaken = true;
    return readPairs(exchange, outcome);
  };
  return {
    [Symbol.asyncIterator]: take,
    async result() {
      if (!isTaken) for await (const _ of take());
      return outcome.promise;
    },
  };
}

interface Opened<Item> extends Ongoing {
  answer: Answer<Item>;
  first: readonly Item[];
  rest: AsyncIterator<readonly Item[]>;
}

/** Up to the first that shows something of the answer: whatever fails before it may be tried again. */
async function open<Item, Partial, Whole>(
  exchange: Exchange<Item, Partial, Whole>,
  ended: Promise<unknown>,
): Promise<Opened<Item>> {
  const answer = await exchange.send();
  const rest = answer.items[Symbol.asyncIterator]();
  const first: Item[] = [];
  for (let isPrelude = true; isPrelude; ) {
    const read = await rest.next();
    // An answer that ends here is none, and `finish` has the error for it.
    if (read.done === true) exchange.createFold().finish();
    const items = read.done === true ? [] : read.value;
    first.push(...items);
    isPrelude = read.done !== true && items.every(exchange.isPrelude);
  }
  return { answer, first, rest, ended };
}

async function* readPairs<Item, Partial, Whole extends Origin>(
  exchange: Exchange<Item, Partial, Whole>,
  outcome: Outcome<Whole>,
): AsyncGenerator<readonly [Partial, Item]> {
  const fold = exchange.createFold();
  let opened: Opened<Item> | undefined;
  try {
    opened = await exchange.retry(() => open(exchange, outcome.promise));
    for (let items: readonly Item[] | undefined = opened.first; items !== undefined; ) {
      for (const item of items) {
        fold.add(item);
        yield [fold.partial(), item];
      }
      const read = await opened.rest.next();
      items = read.done === true ? undefined : read.value;
    }
    outcome.resolve(withOrigin(fold.finish(), opened.answer));
  } catch (error) {
    outcome.reject(error);
    throw error;
  } finally {
    // Does nothing when the outcome is there already; else the reader left.
    outcome.reject(new AgentError("stream_incomplete", "The reader of this stream left before its end."));
    await opened?.rest.return?.();
  }
}

function withOrigin<Whole extends Origin>(whole: Whole, answer: Answer<unknown>): Whole {
  return {
    ...whole,
    ...(answer.requestId === undefined ? {} : { request_id: answer.requestId }),
    ...(answer.simulated ? { simulated: true } : {}),
  };
}

interface Outcome<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function createOutcome<T>(): Outcome<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // Whoever iterates sees the error there; nobody has to ask for the result as well.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
