import type { Outcome } from './run.ts';

/** The findings of a run, for people to read. */
export function reportOf({ violations, counts, folder }: Outcome, seed: string): string {
  const tables = Object.entries(counts).map(([heading, rows]) =>
    [heading, ...Object.entries(rows).map(([name, value]) => `  ${String(value).padStart(6)}  ${name}`)].join('\n'),
  );
  const wrong = violations.map(({ invariant, what, evidence }) =>
    [`${invariant}: ${what}`, `  ${(JSON.stringify(evidence) ?? '').slice(0, 500)}`].join('\n'),
  );
  const kept = violations.length > 0 ? [`seed: ${seed}`, `logs and evidence: ${folder}`] : [];
  return [...tables, `violations: ${violations.length}`, ...wrong, ...kept].join('\n');
}
