/**
 * Whether a text is what a pattern describes: `*` is any characters but `/`, `**` any at all. There is nothing else to a pattern, so
 * none takes longer than its length times the text's.
 */
export function globMatches(pattern: string, text: string): boolean {
  const parts = partsOf(pattern);
  let reached = skipStars(parts, new Set([0]));
  for (const character of text) {
    const next = new Set<number>();
    for (const at of reached) {
      const part = parts[at];
      if (part === undefined) continue;
      if (part.startsWith('*') && (part.length > 1 || character !== '/')) next.add(at);
      if (part === character) next.add(at + 1);
    }
    reached = skipStars(parts, next);
    if (reached.size === 0) return false;
  }
  return reached.has(parts.length);
}

/** Stars stand for nothing, too. A set takes in what is added to it while it is walked through. */
function skipStars(parts: readonly string[], places: Set<number>): Set<number> {
  for (const at of places) if (parts[at]?.startsWith('*')) places.add(at + 1);
  return places;
}

/** Whether whatever `narrow` describes, `wide` describes too; a no may be wrong, a yes is not. */
export function globCovers(wide: string, narrow: string): boolean {
  const anyName = '\u{1}';
  if (!narrow.startsWith(wide.split('*', 1)[0] ?? '')) return false;
  return ['', anyName, `${anyName}/${anyName}`].every((anything) =>
    ['', anyName].every((name) =>
      globMatches(
        wide,
        narrow.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? anything : name)),
      ),
    ),
  );
}

/** Whether there is a text that both describe; a yes may be wrong, a no is not. */
export function globsOverlap(one: string, other: string): boolean {
  const [ones, others] = [partsOf(one), partsOf(other)];
  const seen = new Set<string>();
  const meet = (a: number, b: number): boolean => {
    const place = `${a},${b}`;
    if (seen.has(place)) return false;
    seen.add(place);
    const [x, y] = [ones[a], others[b]];
    if (x === undefined && y === undefined) return true;
    if (x?.startsWith('*') && (meet(a + 1, b) || (takes(x, y) && meet(a, b + 1)))) return true;
    if (y?.startsWith('*') && (meet(a, b + 1) || (takes(y, x) && meet(a + 1, b)))) return true;
    return x !== undefined && x === y && meet(a + 1, b + 1);
  };
  return meet(0, 0);
}

/** Whether a star can stand for what the other pattern has there. */
function takes(star: string, part: string | undefined): boolean {
  return part !== undefined && (star.length > 1 || part !== '/');
}

function partsOf(pattern: string): readonly string[] {
  return pattern.match(/\*+|[^*]/g) ?? [];
}
