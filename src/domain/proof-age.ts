/** Ages of what is known of a phone, each in ms; absent: not known. */
export interface TargetAges {
  readonly provenAgeMs?: number;
  readonly loudAgeMs?: number;
  readonly changedAgeMs?: number;
  readonly shown?: { readonly ageMs: number };
}

/** The same phones `ms` after somebody told their ages: with nothing heard of them meanwhile, every age has grown. */
export function olderTargets<T extends TargetAges>(targets: readonly T[], ms: number): readonly T[] {
  if (ms === 0) return targets;
  return targets.map((target) => {
    const { provenAgeMs, loudAgeMs, changedAgeMs, shown } = target;
    return {
      ...target,
      ...(provenAgeMs === undefined ? {} : { provenAgeMs: provenAgeMs + ms }),
      ...(loudAgeMs === undefined ? {} : { loudAgeMs: loudAgeMs + ms }),
      ...(changedAgeMs === undefined ? {} : { changedAgeMs: changedAgeMs + ms }),
      ...(shown === undefined ? {} : { shown: { ...shown, ageMs: shown.ageMs + ms } }),
    };
  });
}
