/** Prints one line a check and remembers whether all held. */
export interface Report {
  /** Runs a check that throws when it does not hold. Resolves with what it returned, or undefined when it threw. */
  check<T>(name: string, run: () => Promise<T>): Promise<T | undefined>;
  /** The same report, with the place said before each name. */
  under(place: string): Report;
  /** Prints the sum. True when at least one check ran and none failed. */
  finish(): boolean;
}

/** @param what Stands before the sum. */
export function createReport(what: string): Report {
  const failed: string[] = [];
  let passed = 0;
  const startedMs = performance.now();

  const at = (place: string): Report => ({
    async check(name, run) {
      const title = place === "" ? name : `${place}: ${name}`;
      const beganMs = performance.now();
      try {
        const value = await run();
        passed += 1;
        console.log(`ok    ${title} (${seconds(beganMs)})`);
        return value;
      } catch (error) {
        failed.push(title);
        console.log(
          `FAIL  ${title} (${seconds(beganMs)})\n${indent(error instanceof Error ? error.message : `${error}`)}`,
        );
        return undefined;
      }
    },
    under: at,
    finish() {
      console.log(`\n${what}: ${passed} checks passed, ${failed.length} failed (${seconds(startedMs)})`);
      for (const title of failed) console.log(`  FAIL  ${title}`);
      return failed.length === 0 && passed > 0;
    },
  });
  return at("");
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, "      | ");
}
