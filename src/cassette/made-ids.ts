/** The id of a run, which is also that of its conversation unless the user gives one: the only one we make that is sent in bodies. */
const MADE = /^run_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isMadeId(text: string): boolean {
  return MADE.test(text);
}

/**
 * Ids that we make are fresh in every run, so the recorded ones are held to be renamed: each to one other, the same in
 * every request. Two conversations stay two.
 */
export interface MadeIds {
  /** True when the recorded ids can be these, given what was learned. Lists of equal length. */
  fit(recorded: readonly string[], now: readonly string[]): boolean;
  learn(recorded: readonly string[], now: readonly string[]): void;
}

export function createMadeIds(): MadeIds {
  const nowOf = new Map<string, string>();
  const recordedOf = new Map<string, string>();
  return {
    fit(recorded, now) {
      const [forth, back] = [new Map<string, string>(), new Map<string, string>()];
      return recorded.every((was, place) => {
        const is = now[place];
        if (is === undefined) return false;
        const expected = nowOf.get(was) ?? forth.get(was) ?? is;
        const source = recordedOf.get(is) ?? back.get(is) ?? was;
        forth.set(was, is);
        back.set(is, was);
        return expected === is && source === was;
      });
    },
    learn(recorded, now) {
      for (const [place, was] of recorded.entries()) {
        const is = now[place];
        if (is === undefined) continue;
        nowOf.set(was, is);
        recordedOf.set(is, was);
      }
    },
  };
}
