/**
 * How many looks in a row an operator's own number was above its bound. A look without a number neither counts nor ends the row: nothing is
 * held for want of data, and nothing let go.
 */
export function looksBeyond(before: number, value: number | undefined, atMost: number): number {
  if (value === undefined) return before;
  return value > atMost ? before + 1 : 0;
}
