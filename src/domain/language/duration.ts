const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time is one number and its unit. */
export const durationPattern = /^([1-9]\d{0,5})([smhd])$/;

/** Reads `30m`, `62h`, `7d`. A day is 24 hours, also when the clocks change. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(amount) * unitMs[unit] : undefined;
}

/** Uses the largest unit that gives a whole number: `90m`, `2h`, `7d`. */
export function formatDuration(ms: number): string {
  const units = [
    ['d', unitMs.d],
    ['h', unitMs.h],
    ['m', unitMs.m],
  ] as const;
  const whole = units.find(([, each]) => ms >= each && ms % each === 0);
  return whole === undefined ? `${Math.round(ms / unitMs.s)}s` : `${ms / whole[1]}${whole[0]}`;
}
