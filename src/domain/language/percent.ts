const percentPattern = /^(0|[1-9]\d{0,2})%?$/;

/** Reads a whole number from 0 to 100, with or without its sign. */
export function readPercent(word: string): number | undefined {
  const percent = percentPattern.test(word) ? Number.parseInt(word, 10) : Number.NaN;
  return percent <= 100 ? percent : undefined;
}
