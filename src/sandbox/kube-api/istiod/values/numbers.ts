import { durationNanoseconds } from '../../duration.ts';
import { error, errorIf, type Finding } from '../finding.ts';

const A_MILLISECOND = 1_000_000;
const A_SECOND = 1000 * A_MILLISECOND;
const LARGEST = 2n ** 63n;

export function portErrors(port: unknown): readonly Finding[] {
  const number = Number(port ?? 0);
  return errorIf(number < 1 || number > 65_535, `port number ${number} must be in the range 1..65535`);
}

export function durationErrors(duration: unknown): readonly Finding[] {
  if (duration === undefined) return [];
  const nanoseconds = durationNanoseconds(String(duration)) ?? 0;
  if (nanoseconds < A_MILLISECOND) return [error('duration must be greater than 1ms')];
  return errorIf(nanoseconds % A_MILLISECOND !== 0, 'only durations to ms precision are supported');
}

export function isWholeSeconds(duration: unknown): boolean {
  return (durationNanoseconds(String(duration)) ?? 0) % A_SECOND === 0;
}

export function percentErrors(value: unknown): readonly Finding[] {
  const percent = Number(value ?? 0);
  return errorIf(percent < 0 || percent > 100, `percentage ${percent} is not in range 0..100`);
}

/** Reads a number as Go's `Atoi` does. Undefined if that refuses the text. */
export function integer(text: string): number | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value >= LARGEST || value < -LARGEST ? undefined : Number(value);
}
