import { diffArrays } from 'diff';
import type { Json, JsonObject } from './json.ts';

/** One line of a difference: removed, added or unchanged. `gap` stands for unchanged lines that are left out. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ' | 'gap';
  readonly text: string;
}

/** The search costs the square of how many lines differ. Beyond that many, one block is shown in place of the other. */
const mostDiffering = 600;

/** JSON as lines of YAML, with the keys in the object's order. */
export function yamlLines(value: JsonObject): readonly string[] {
  return linesOf(value, '');
}

/** The whole difference between two lists of lines. */
export function diff(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const parts = diffArrays([...before], [...after], { maxEditLength: mostDiffering });
  if (parts === undefined) return blocks(before, after);
  return parts.flatMap(({ removed, added, value }) => value.map(line(removed ? '-' : added ? '+' : ' ')));
}

/** The lines that differ, and a few lines around them. */
export function withContext(lines: readonly DiffLine[], around = 2): readonly DiffLine[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== ' '),
  );
  return lines.flatMap((each, at) => {
    if (isNear[at] === true) return [each];
    return isNear[at - 1] === true && isNear.includes(true, at) ? [{ sign: 'gap', text: '' } as const] : [];
  });
}

/** All that lies between the lines that both begin and end with. */
function blocks(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const head = sharedHead(before, after);
  const tail = sharedHead(before.slice(head).toReversed(), after.slice(head).toReversed());
  return [
    ...before.slice(0, head).map(line(' ')),
    ...before.slice(head, before.length - tail).map(line('-')),
    ...after.slice(head, after.length - tail).map(line('+')),
    ...before.slice(before.length - tail).map(line(' ')),
  ];
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

/** Quoted where YAML would read it as something else. */
function scalar(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[A-Za-z/](?:[\w./ -]*[\w./-])?$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
