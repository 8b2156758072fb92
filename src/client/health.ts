import type { Clock } from "../clock.ts";

/** Things asked in the order of preference; one that failed is left alone for a while. */
export interface Health<T> {
  /** The first that is not left alone; where all are, the one whose time is up first. */
  best(items: readonly T[], isUsable?: (item: T) => boolean): T | undefined;
  isWell(item: T): boolean;
  /** Leaves it alone. False where it was left alone already. */
  leave(item: T, forMs: number): boolean;
  /** It works. True where it had been left alone. */
  heal(item: T): boolean;
}

export function createHealth<T>(clock: Clock): Health<T> {
  const untilMs = new Map<T, number>();
  const leftUntil = (item: T): number => untilMs.get(item) ?? 0;
  const isWell = (item: T): boolean => untilMs.size === 0 || leftUntil(item) <= clock.monotonic();
  return {
    isWell,
    best(items, isUsable = () => true) {
      const well = items.find((item) => isWell(item) && isUsable(item));
      return well ?? items.toSorted((a, b) => leftUntil(a) - leftUntil(b))[0];
    },
    leave(item, forMs) {
      const wasWell = isWell(item);
      untilMs.set(item, Math.max(leftUntil(item), clock.monotonic() + forMs));
      return wasWell;
    },
    heal: (item) => untilMs.delete(item),
  };
}
