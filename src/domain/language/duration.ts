const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a length of time is written: one number and its unit. */
export const durationPattern = /^([1-9]\d{0,5})([smhd])$/;

/** Reads `30m`, `62h`, `7d`; a day is 24 hours, whatever a clock does in it. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(amount) * unitMs[unit] : undefined;
}

/** In the largest unit that it is a whole number of: `90m`, `2h`, `7d`. */
export function formatDuration(ms: number): string {
  const units = [
    ['d', unitMs.d],
    ['h', unitMs.h],
    ['m', unitMs.m],
  ] as const;
  const whole = units.find(([, each]) => ms >= each && ms % each === 0);
  return whole === undefined ? `${Math.round(ms / unitMs.s)}s` : `${ms / whole[1]}${whole[0]}`;
}
