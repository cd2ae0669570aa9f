const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Parses a duration in Go's notation (`1h30m`, `250ms`). Undefined if it is not one. */
export function durationNanoseconds(text: string): number | undefined {
  const body = text.replace(/^[-+]/, '');
  if (body === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(body)) return undefined;

  let sum = 0;
  for (const [, amount, unit] of body.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  }
  return text.startsWith('-') ? -sum : sum;
}

/** An age as `kubectl get` prints it: `5s`, `3m20s`, `2d4h`, `400d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);

  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`;
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return `${hours}h${rest(minutes % 60, 'm')}`;
  if (hours < 48) return `${hours}h`;
  if (days < 8) return `${days}d${rest(hours % 24, 'h')}`;
  if (days < 730) return `${days}d`;
  if (years < 8) return `${years}y${rest(days % 365, 'd')}`;
  return `${years}y`;
}

function rest(amount: number, unit: string): string {
  return amount === 0 ? '' : `${amount}${unit}`;
}
