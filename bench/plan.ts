import { CONTENDERS, type ContenderEntry } from "./contenders/index.ts";
import type { Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** What is to be measured. */
export interface Plan {
  workloads: readonly Workload[];
  contenders: readonly ContenderEntry[];
}

/**
 * All, or what was named. Slow contenders are measured when they are named; the base of each workload always.
 * @throws {Error} on a name that is neither a workload's nor a contender's.
 */
export function planOf(names: readonly string[]): Plan {
  const known = [...WORKLOADS, ...CONTENDERS].map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`Nothing here is called "${unknown}". There are: ${known.join(", ")}.`);
  const workloads = WORKLOADS.filter(({ name }) => names.includes(name));
  const contenders = CONTENDERS.filter(({ name }) => names.includes(name));
  return {
    workloads: workloads.length === 0 ? WORKLOADS : workloads,
    contenders: contenders.length === 0 ? CONTENDERS.filter(({ isSlow }) => isSlow !== true) : contenders,
  };
}

/** Who does a workload, its base first. Empty where nobody of the plan does it. */
export function contendersOf(workload: Workload, { contenders }: Plan): readonly ContenderEntry[] {
  const isFor = ({ name, isSpecial = false }: ContenderEntry): boolean =>
    workload.contenders === undefined
      ? !isSpecial || workload.also?.includes(name) === true
      : workload.contenders.includes(name);
  const base = baseOf(workload);
  const chosen = contenders.filter(isFor).filter(({ name }) => name !== base.name);
  return chosen.length === 0 && !contenders.includes(base) ? [] : [base, ...chosen];
}

export function baseOf(workload: Workload): ContenderEntry {
  return CONTENDERS.find(({ name }) => name === workload.base) ?? CONTENDERS[0];
}
