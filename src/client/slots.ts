/** Places for what may go on at the same time. Whoever waits is let in by the order of coming. */
export interface Slots {
  readonly max: number;
  /** True when whoever comes now must wait. */
  isFull(): boolean;
  /** Takes a place where one is free, and returns what frees it; calling that again does nothing. */
  take(): (() => void) | undefined;
  /**
   * Waits for a place, and returns what frees it; calling that again does nothing.
   * @throws `signal.reason` as soon as the signal is aborted.
   */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(max: number): Slots {
  let taken = 0;
  // A set keeps the order, and lets whoever leaves do so without a search.
  const waiting = new Set<() => void>();
  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      taken -= 1;
      return;
    }
    waiting.delete(next); // the place goes over, and stays taken
    next();
  };
  const isFull = (): boolean => taken >= max;
  const take = (): (() => void) | undefined => {
    if (isFull()) return undefined;
    taken += 1;
    return once(release);
  };
  return {
    max,
    isFull,
    take,
    enter(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const free = take();
      return free === undefined ? place(waiting, release, signal) : Promise.resolve(free);
    },
  };
}

function place(waiting: Set<() => void>, release: () => void, signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      waiting.delete(take);
      reject(signal.reason);
    };
    const take = (): void => {
      signal.removeEventListener("abort", onAbort);
      resolve(once(release));
    };
    signal.addEventListener("abort", onAbort);
    waiting.add(take);
  });
}

export function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
