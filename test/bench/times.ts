/** How long something took, each time that it was done. */
export interface Times {
  readonly label: string;
  readonly ms: number[];
}

export function times(label: string): Times {
  return { label, ms: [] };
}

/** What this share of all times is at most. */
export function quantile({ ms }: Times, share: number): number {
  const sorted = ms.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median by median, or another share by the same. */
export function ratio(of: Times, to: Times, share = 0.5): string {
  return `${(quantile(of, share) / quantile(to, share)).toFixed(2)} ×`;
}

export function show(ms: number): string {
  return ms.toFixed(1);
}

/** A row for each of them. */
export function table(all: readonly Times[]): readonly string[] {
  const rows = all.map((each) => [
    each.label,
    String(each.ms.length),
    show(quantile(each, 0.5)),
    show(quantile(each, 0.99)),
  ]);
  const width = Math.max(...all.map(({ label }) => label.length)) + 2;
  return [['', 'n', 'p50 ms', 'p99 ms'], ...rows].map(
    ([label = '', ...cells]) => label.padEnd(width) + cells.map((cell) => cell.padStart(9)).join(''),
  );
}
