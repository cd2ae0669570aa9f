const longestGlob = 400;
const mostStars = 12;

/** What to write instead of a pattern that takes long to compare with others; undefined if it does not. */
export function globFault(pattern: string): string | undefined {
  const stars = (pattern.match(/\*+/g) ?? []).length;
  if (stars > mostStars) return `write at most ${mostStars} stars`;
  return stars > 0 && pattern.length > longestGlob ? `write at most ${longestGlob} characters` : undefined;
}

/**
 * Whether a text matches a pattern: `*` is any characters except `/`, `**` is any characters. There is nothing else in a pattern, so a
 * match never takes longer than pattern length times text length. Each star takes as little as it can. Where that does not fit, the last
 * one takes more; and past a `/`, which `*` cannot take, the last `**`. None before that could help.
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let star: Star | undefined;
  let wide: Star | undefined;
  for (let place = 0; place < text.length; ) {
    const end = afterStars(pattern, at);
    if (end > at) {
      const here = { after: end, place };
      if (end - at > 1) [wide, star] = [here, undefined];
      else star = here;
      at = end;
    } else if (pattern[at] === text[place]) {
      at += 1;
      place += 1;
    } else {
      const isShort = star !== undefined && text[star.place] !== '/';
      if (!isShort) star = undefined;
      const last: Star | undefined = star ?? wide;
      if (last === undefined) return false;
      last.place += 1;
      [at, place] = [last.after, last.place];
    }
  }
  return afterStars(pattern, at) === pattern.length;
}

/** A star of a pattern: the place after it there, and up to where in the text it takes. */
interface Star {
  readonly after: number;
  place: number;
}

function afterStars(pattern: string, at: number): number {
  let end = at;
  while (pattern[end] === '*') end += 1;
  return end;
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
  const width = others.length + 1;
  const seen = new Uint8Array((ones.length + 1) * width);
  const meet = (a: number, b: number): boolean => {
    if (seen[a * width + b] === 1) return false;
    seen[a * width + b] = 1;
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
