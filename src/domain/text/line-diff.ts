import type { Json, JsonObject } from './json.ts';

/** One line of a difference: it is taken away, comes new, or stands around what does. `gap`: lines that stay are left out there. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ' | 'gap';
  readonly text: string;
}

/** Beyond that many lines that differ, the one block is shown for the other: to look for what they share costs their product. */
const maxCompared = 600;

/** JSON as people write it in YAML, a line each; the order of keys is that of the object. */
export function yamlLines(value: JsonObject): readonly string[] {
  return linesOf(value, '');
}

/** What turns one list of lines into the other, all of it. */
export function diff(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const head = sharedHead(before, after);
  const tail = sharedHead(before.slice(head).toReversed(), after.slice(head).toReversed());
  return [
    ...before.slice(0, head).map(line(' ')),
    ...between(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(line(' ')),
  ];
}

/** The lines that differ and those right around them. */
export function withContext(lines: readonly DiffLine[], around = 2): readonly DiffLine[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== ' '),
  );
  return lines.flatMap((each, at) => {
    if (isNear[at] === true) return [each];
    return isNear[at - 1] === true && isNear.includes(true, at) ? [{ sign: 'gap', text: '' } as const] : [];
  });
}

function between(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  if (before.length + after.length > maxCompared) return [...before.map(line('-')), ...after.map(line('+'))];
  const lengths = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push({ sign: ' ', text: old });
      i += 1;
      j += 1;
    } else if (old !== undefined && (now === undefined || at(lengths, i + 1, j) >= at(lengths, i, j + 1))) {
      lines.push({ sign: '-', text: old });
      i += 1;
    } else if (now !== undefined) {
      lines.push({ sign: '+', text: now });
      j += 1;
    }
  }
  return lines;
}

/** The length of the longest common subsequence from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly (readonly number[])[] {
  const lengths: number[][] = Array.from({ length: before.length + 1 }, () => Array(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? [];
    for (let j = after.length - 1; j >= 0; j -= 1)
      row[j] =
        before[i] === after[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
  }
  return lengths;
}

function at(table: readonly (readonly number[])[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

function sharedHead(a: readonly string[], b: readonly string[]): number {
  const differing = a.findIndex((text, place) => text !== b[place]);
  return differing < 0 ? Math.min(a.length, b.length) : differing;
}

function line(sign: DiffLine['sign']): (text: string) => DiffLine {
  return (text) => ({ sign, text });
}

function linesOf(value: Json, indent: string): readonly string[] {
  if (!isBranch(value)) return [`${indent}${scalar(value)}`];
  if (isList(value)) return value.flatMap((item) => listItem(item, indent));
  return Object.entries(value).flatMap(([key, each]) =>
    isBranch(each)
      ? [`${indent}${scalar(key)}:`, ...linesOf(each, `${indent}  `)]
      : [`${indent}${scalar(key)}: ${scalar(each)}`],
  );
}

/** `- ` takes the place of the first line's indent. */
function listItem(item: Json, indent: string): readonly string[] {
  const [first = '', ...rest] = linesOf(item, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

function isBranch(value: Json): value is readonly Json[] | JsonObject {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Quoted where it would otherwise be read as something else. */
function scalar(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[A-Za-z/](?:[\w./ -]*[\w./-])?$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
