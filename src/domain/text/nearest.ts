import { distance } from 'fastest-levenshtein';

/** The candidate that a mistyped word most likely stands for: it must be near enough, and nearer than all others. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const tolerance = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, away: distance(word.slice(0, 64), candidate.slice(0, 64)) }))
    .filter(({ away }) => away <= tolerance)
    .toSorted((a, b) => a.away - b.away);
  const [first, second] = ranked;
  return first?.away === second?.away ? undefined : first?.candidate;
}
