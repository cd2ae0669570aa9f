/**
 * Whether a text is what a pattern describes: `*` is any characters but `/`, `**` any at all. There is nothing else to a pattern, so
 * none takes longer than its length times the text's.
 */
export function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.match(/\*+|[^*]/g) ?? [];
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
