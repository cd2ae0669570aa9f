/**
 * Whether a text matches a pattern: `*` is any characters except `/`, `**` is any characters. There is nothing else in a pattern, so a
 * match never takes longer than pattern length times text length.
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

/** A star may match nothing. The loop also visits the positions that it adds to the set. */
function skipStars(parts: readonly string[], places: Set<number>): Set<number> {
  for (const at of places) if (parts[at]?.startsWith('*')) places.add(at + 1);
  return places;
}

/** Whether `wide` matches everything that `narrow` matches. A yes is certain; a no may be wrong. */
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

/** Whether some text matches both patterns. A no is certain; a yes may be wrong. */
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

/** Whether a pattern is about a name. A name with a star stands for many: the pattern is about it if it is about one of them. */
export function globTouches(pattern: string, name: string): boolean {
  return name.includes('*') ? globsOverlap(pattern, name) : globMatches(pattern, name);
}

/** Whether a star can match what the other pattern has at this position. */
function takes(star: string, part: string | undefined): boolean {
  return part !== undefined && (star.length > 1 || part !== '/');
}

function partsOf(pattern: string): readonly string[] {
  return pattern.match(/\*+|[^*]/g) ?? [];
}
