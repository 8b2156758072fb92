/** An abort signal that is made when somebody asks for it: most handlers never look, and it costs more than many of them. */
export interface LazySignal {
  readonly signal: AbortSignal;
  /** Aborts the signal, also where it is asked for later. */
  abort(reason: unknown): void;
}

export function createLazySignal(): LazySignal {
  let controller: AbortController | undefined;
  let aborted: { reason: unknown } | undefined;
  return {
    get signal() {
      if (controller !== undefined) return controller.signal;
      controller = new AbortController();
      if (aborted !== undefined) controller.abort(aborted.reason);
      return controller.signal;
    },
    abort(reason) {
      aborted = { reason };
      controller?.abort(reason);
    },
  };
}
