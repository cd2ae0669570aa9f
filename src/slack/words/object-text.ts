import type { SectionBlock } from '@slack/types';
import { type ContentEdit, type ContentVerb, type ObjectEdit, verbOf } from '../../domain/change/edit.ts';
import { hasRules, type ObjectContent, type ObjectRef } from '../../domain/routing/object.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { type Move, sameShares } from '../../domain/routing/split.ts';
import type { Json } from '../../domain/text/json.ts';
import { type DiffLine, diff, withContext, yamlLines } from '../../domain/text/line-diff.ts';
import { truncate, visible } from '../../domain/text/typed-text.ts';
import { code, escapeText, fitted, foreign, markup } from './mrkdwn.ts';
import { pinnedText } from './pinned-text.ts';
import { moveRows, moveText, splitText } from './split-text.ts';

const maxObjectText = 1_500;
const maxLines = 40;
/** A message holds 50 blocks, and a question may show all objects twice. */
const maxSections = 15;

/** A section with the difference of each object, as many as fit into `room` characters. */
export function objectSections(edits: readonly ObjectEdit[], room: number): readonly SectionBlock[] {
  const nameOf = namesAmong(edits);
  return sections(edits, room, (edit, left) =>
    edit.kind === 'content' ? objectText(edit, nameOf(edit), left) : fitted(weightsText(edit, nameOf(edit)), left),
  );
}

/** What an object was, and what it is since somebody else changed it. */
export interface MovedText {
  readonly object: ObjectRef;
  readonly was: ObjectContent | undefined;
  readonly is: ObjectContent | undefined;
}

/** For each object, what it was when the change was planned, and what it is now. */
export function movedSections(moved: readonly MovedText[], room: number): readonly SectionBlock[] {
  const nameOf = namesAmong(moved);
  return sections(moved, room, (each, left) => {
    const heading = `*Planned from, and now:* ${nameOf(each)}`;
    return withDifference(heading, each.was, each.is, left);
  });
}

function sections<T>(
  all: readonly T[],
  room: number,
  text: (each: T, room: number) => string,
): readonly SectionBlock[] {
  const shown: SectionBlock[] = [];
  let left = room;
  for (const each of all.slice(0, maxSections)) {
    const written = text(each, Math.min(maxObjectText, left));
    if (written.length > left) break;
    shown.push(section(written));
    left -= written.length;
  }
  const more = all.length - shown.length;
  return more === 0 ? shown : [...shown, section(`… +${more} more objects`)];
}

/** `VirtualService reviews`, and where it is if others of them are elsewhere. */
export function namesAmong<T extends { readonly object: ObjectRef }>(all: readonly T[]): (each: T) => string {
  const isInSeveral = placesOf(all).length > 1;
  return ({ object }) => `${objectName(object)}${isInSeveral ? ` in ${code(object.namespace)}` : ''}`;
}

/** The namespaces of objects. */
export function placesOf(all: readonly { readonly object: ObjectRef }[]): readonly string[] {
  return [...new Set(all.map(({ object }) => object.namespace))];
}

/** `VirtualService reviews` */
export function objectName({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>): string {
  return code(`${kind} ${name}`, 120);
}

const verbWords: Record<ContentVerb, string> = { create: 'Create', replace: 'Replace', delete: 'Delete' };

function objectText(edit: ContentEdit, name: string, room: number): string {
  const heading = `*${verbWords[verbOf(edit)]}* ${name}${summary(edit)}`;
  return withDifference(heading, edit.before, edit.after, room);
}

function weightsText({ moves }: ObjectEdit, name: string): string {
  return [name, ...moves.map(({ from, to }) => moveRows(from, to))].join('\n');
}

function withDifference(
  heading: string,
  before: ObjectContent | undefined,
  after: ObjectContent | undefined,
  room: number,
): string {
  const changes = withContext(diff(linesOf(before), linesOf(after)));
  if (changes.length === 0) return heading;
  return `${heading}\n${diffLines(changes, room - heading.length)}`;
}

/** How many rules of one object are described. The difference below shows the others. */
const maxRules = 4;

function summary(edit: ContentEdit): string {
  const { object, pinned, moves, after, before } = edit;
  if (!hasRules(object.kind)) return '';
  const is = moves.slice(0, maxRules).map((move) => ruleText(move, edit));
  const more = moves.length > maxRules ? [`… +${moves.length - maxRules} rules`] : [];
  const has = [...is, ...more].join('; ');
  if (after === undefined) return `${has === '' ? '' : `, which has ${has}`}; ${afterDeletion(before)}`;
  const above = pinned.length === 0 ? '' : `, and above it ${pinnedText(pinned, 3, 100)}`;
  return `${has === '' ? '' : `: ${has}`}${above}`;
}

function ruleText({ rule, from, to }: Move, { before, after }: ContentEdit): string {
  const isOne = before === undefined || after === undefined || sameShares(from, to);
  const split = foreign(isOne ? splitText(after === undefined ? from : to) : moveText(from, to));
  return rule === defaultRule ? split : `${code(rule, 80)} ${split}`;
}

/** In a mesh a host without rules is reached at all of its pods. A gateway knows no host without rules. */
function afterDeletion(before: ObjectContent | undefined): string {
  const gateways = before?.spec['gateways'];
  const isOfGateways = Array.isArray(gateways) && gateways.length > 0 && !gateways.includes('mesh');
  const isBound = listIn(before?.spec['parentRefs']).some((parent) => !isService(parent));
  return isOfGateways || isBound
    ? 'a gateway then answers its requests with 404, unless another object routes them'
    : 'its requests then go to every version';
}

function isService(parent: Json): boolean {
  return typeof parent === 'object' && parent !== null && 'kind' in parent && parent['kind'] === 'Service';
}

function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function linesOf(content: ObjectContent | undefined): readonly string[] {
  if (content === undefined) return [];
  const { labels, annotations, spec } = content;
  const metadata = { ...(labels && { labels }), ...(annotations && { annotations }) };
  return yamlLines({ ...(Object.keys(metadata).length > 0 && { metadata }), spec });
}

/** Each line is code, with spaces that do not collapse. A code block would not look the same in every client. */
function diffLines(changes: readonly DiffLine[], room: number): string {
  const shown: string[] = [];
  let left = room - 40;
  for (const change of changes.slice(0, maxLines)) {
    const text = diffText(change);
    left -= text.length + 1;
    if (left < 0) break;
    shown.push(text);
  }
  const more = changes.length - shown.length;
  return [...shown, ...(more > 0 ? [`… +${more} lines`] : [])].join('\n');
}

function diffText({ sign, text }: DiffLine): string {
  const line = sign === 'gap' ? '  …' : `${sign} ${truncate(visible(text), 160)}`;
  return `\`${escapeText(line).replaceAll('`', "'").replaceAll(' ', '\u00A0')}\``;
}

export function section(text: string): SectionBlock {
  return { type: 'section', text: markup(text) };
}
