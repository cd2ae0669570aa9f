import { percentages, type Split, versionsOf, weightOf } from '../../domain/routing/split.ts';
import { truncate, visible } from '../../domain/text/typed-text.ts';
import { bar, escapeText } from './mrkdwn.ts';

const maxRows = 12;
const maxListed = 8;
/** A version may be a host of 253 characters. */
const maxName = 36;

/** `v1 34 %, v3 66 %`. Versions without traffic are left out. */
export function splitText(split: Split): string {
  const shown = shownNames(Object.keys(split));
  const shares = sharesOf(split).filter(([, percent]) => percent > 0);
  return listed(shares.map(([version, percent]) => `${shown(version)} ${percent} %`)) || 'no traffic';
}

/** `v1 100 → 50 %, v3 0 → 50 %`. Versions that have nothing before and after are left out. */
export function moveText(from: Split, to: Split): string {
  const shown = shownNames(versionsOf(from, to));
  return listed(
    movesOf(from, to).map(({ version, before, after }) =>
      before === after ? `${shown(version)} ${after} %` : `${shown(version)} ${before} → ${after} %`,
    ),
  );
}

function listed(all: readonly string[]): string {
  return [...all.slice(0, maxListed), ...(all.length > maxListed ? [`… +${all.length - maxListed}`] : [])].join(', ');
}

/** One line for each version, as code: aligned shares, and a bar for what it will have. */
export function moveRows(from: Split, to: Split): string {
  const moves = movesOf(from, to);
  return rows(
    moves.map(({ version }) => version),
    moves.map(({ before, after }) => `${String(before).padStart(3)} → ${`${after} %`.padEnd(5)}  ${bar(after)}`),
  );
}

/** One line for each version, as code, with a bar. */
export function splitRows(split: Split): string {
  const shares = sharesOf(split);
  return rows(
    shares.map(([version]) => version),
    shares.map(([, percent]) => `${`${percent} %`.padStart(5)}  ${bar(percent)}`),
  );
}

/** Each line is code, with spaces that do not break or collapse, so that the columns line up in every client. */
function rows(versions: readonly string[], cells: readonly string[]): string {
  const names = versions.map(shownNames(versions));
  const width = Math.max(...names.map((name) => name.length), 0);
  const lines = names
    .slice(0, maxRows)
    .map((name, at) => `\`${escapeText(`${name.padEnd(width)}  ${cells[at] ?? ''}`).replaceAll(' ', '\u00A0')}\``);
  if (lines.length === 0) return 'No version has traffic.';
  return [...lines, ...(names.length > maxRows ? [`… +${names.length - maxRows} versions`] : [])].join('\n');
}

/** A name from the cluster. Istio allows it to be long and to hold any character. */
export function named(version: string): string {
  return truncate(plain(version), maxName);
}

/**
 * How the versions of one rule are named, so that no two look alike: cut at the end; where two would be the same then, cut in the middle; whole
 * where that does not help either.
 */
export function shownNames(versions: readonly string[]): (version: string) => string {
  const shown = new Map<string, string>();
  let left: readonly string[] = [...new Set(versions)];
  for (const way of [named, cutInside]) {
    const alike = Map.groupBy(left, way);
    for (const [text, its] of alike) for (const version of its) if (its.length === 1) shown.set(version, text);
    left = left.filter((version) => !shown.has(version));
    if (left.length === 0) break;
  }
  return (version) => shown.get(version) ?? plain(version);
}

/** Ends tell versions apart more often than beginnings. */
function cutInside(version: string): string {
  const points = [...plain(version)];
  if (points.length <= maxName) return points.join('');
  const half = Math.floor((maxName - 1) / 2);
  return `${points.slice(0, half).join('')}…${points.slice(-half).join('')}`;
}

function plain(version: string): string {
  return visible(version).replaceAll('`', "'");
}

function movesOf(
  from: Split,
  to: Split,
): readonly { readonly version: string; readonly before: number; readonly after: number }[] {
  const [before, after] = [percentages(from), percentages(to)];
  return versionsOf(from, to)
    .toSorted(byName)
    .map((version) => ({ version, before: weightOf(before, version), after: weightOf(after, version) }))
    .filter((move) => move.before > 0 || move.after > 0);
}

function sharesOf(split: Split): readonly [string, number][] {
  return Object.entries(percentages(split)).toSorted(([a], [b]) => byName(a, b));
}

/** v2 before v10, in every locale. */
export const byName = new Intl.Collator('en', { numeric: true }).compare;
