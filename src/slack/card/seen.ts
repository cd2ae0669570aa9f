import { mainEdit, movesSeen, placeOf } from '../../domain/change/change.ts';
import { defaultMove, type ObjectEdit, splittersOf } from '../../domain/change/edit.ts';
import type { AppliedChange } from '../../domain/change/fate.ts';
import {
  type Counted,
  halfWidth,
  mostSeenServices,
  type ServiceCounts,
  type Share,
  type Shares,
  sharesOf,
  type UnmeasuredReason,
} from '../../domain/change/seen.ts';
import type { Split } from '../../domain/routing/split.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { byName, named } from '../words/split-text.ts';
import { exactClock } from '../words/time-text.ts';

/** With fewer requests, a percentage would claim more than we know. */
const tellingCount = 30;
/** From this many requests on, chance moves a share by about three points at most. */
const sureCount = 1_000;
const mostVersions = 8;
/** For each service, if a change has several. */
const mostFailures = 2;

/** What the traffic did since the change. Empty until somebody has looked. */
export function seenNotes(change: AppliedChange): readonly string[] {
  const { seen } = change.state;
  if (seen === undefined) return [];
  if (seen.kind === 'not-measured') return [`Not measured: ${unmeasuredWords[seen.because]}`];
  const intro = `Seen in the last ${windowText(seen)}`;
  const asOf = `as of ${exactClock(new Date(seen.until))}`;
  if (seen.services !== undefined) return [`${intro}, ${asOf}:\n${serviceRows(change, seen.services).join('\n')}`];
  const main = mainEdit(change);
  const { counted, pinnedToo, failed } = sharesText(sharesOf(seen, splitOf(change, main)), main.pinned.length > 0);
  return [[`${intro}: ${counted}, ${asOf}.${pinnedToo}`, ...failed].join('\n')];
}

/** The split that an edit made in the rule whose requests were counted. */
function splitOf(change: AppliedChange, edit: ObjectEdit): Split {
  return defaultMove({ moves: movesSeen(change, edit) }).to;
}

/** A line for each service of the change, as far as there is room. */
function serviceRows(change: AppliedChange, counted: readonly ServiceCounts[]): readonly string[] {
  const all = splittersOf(change.edits);
  const home = placeOf(change).namespace;
  const rows = all.slice(0, mostSeenServices).flatMap((edit) => {
    const { namespace, name } = edit.object;
    const counts = counted.find((each) => each.name === name && each.namespace === namespace);
    const which = `• ${code(namespace === home ? name : `${namespace}/${name}`)}`;
    if (counts === undefined) return [`${which}: not measured`];
    const shares = sharesOf(counts, splitOf(change, edit));
    const { counted: text, pinnedToo, failed } = sharesText(shares, edit.pinned.length > 0);
    return [`${which}: ${text}.${pinnedToo}`, ...failed.slice(0, mostFailures)];
  });
  const more = all.length - mostSeenServices;
  return more <= 0 ? rows : [...rows, `… +${more} more, which ${more === 1 ? 'is' : 'are'} not measured here`];
}

function sharesText(shares: Shares, hasPinned: boolean) {
  if (shares.total === 0) return { counted: 'no traffic', pinnedToo: '', failed: [] };
  return {
    counted: `${versionsText(shares)}${unsureness(shares)}`,
    pinnedToo: hasPinned ? ' Requests of pinned rules are counted, too.' : '',
    failed: shares.unanswered.map((each) => failedText(each, shares.total)),
  };
}

const unmeasuredWords: Record<UnmeasuredReason, string> = {
  unreachable: 'Prometheus did not answer.',
  'too-seldom': 'Prometheus asks the proxies too seldom to tell the requests after the change from those before it.',
  'not-counted': 'Prometheus knows of no requests in the mesh at that time.',
};

function windowText({ from, until }: Counted): string {
  const seconds = Math.round((Date.parse(until) - Date.parse(from)) / 1000);
  return seconds === 60 ? 'minute' : `${seconds} s`;
}

function versionsText({ versions, total }: Shares): string {
  const all = versions.toSorted((a, b) => byName(a.name, b.name));
  const listed = all.slice(0, mostVersions).map((each) => `${foreign(named(each.name))} ${shareText(each, total)}`);
  const others = all.slice(mostVersions);
  const rest = others.length === 0 ? [] : [`${others.length} others ${shareText(sumOf(others), total)}`];
  const shares = [...listed, ...rest].join(', ');
  return `${shares}${shares.endsWith('none') ? ',' : ''} of ${requestsText(total)}`;
}

function sumOf(shares: readonly Share[]): Omit<Share, 'name'> {
  return shares.reduce(
    (sum, { requests, permille }) => ({ requests: sum.requests + requests, permille: sum.permille + permille }),
    { requests: 0, permille: 0 },
  );
}

/** Never `0.0 %` for something that was seen, nor `100.0 %` beside something else. */
function shareText({ requests, permille }: Omit<Share, 'name'>, total: number): string {
  if (requests === 0) return 'none';
  if (total < tellingCount) return numbers.format(requests);
  if (permille === 0) return 'under 0.1 %';
  if (permille === 1000 && requests < total) return 'over 99.9 %';
  return `${(permille / 10).toFixed(1)} %`;
}

function unsureness(shares: Shares): string {
  if (shares.total < tellingCount || shares.total >= sureCount) return '';
  const points = Math.ceil(halfWidth(shares));
  return points === 0 ? '' : ` (± ${points} by chance)`;
}

function failedText(share: Share, total: number): string {
  const { name, requests } = share;
  const known = flagWords.get(name);
  const why = known === undefined ? code(name) : `${known.shown}: ${known.why}`;
  const howMany =
    total < tellingCount ? requestsText(requests) : `${shareText(share, total)}, ${requestsText(requests)}`;
  return `Reached no version: ${howMany} (${why})`;
}

/** What Envoy's response flags mean if a split caused them. */
const flagWords: ReadonlyMap<string, { readonly shown: string; readonly why: string }> = new Map([
  ['NC', { shown: '503 NC', why: 'no DestinationRule defines the version' }],
  ['UH', { shown: '503 UH', why: 'the version has no ready pod' }],
  ['UF', { shown: '503 UF', why: 'its pods take no connection' }],
  ['UO', { shown: '503 UO', why: 'its circuit breaker is open' }],
  ['NR', { shown: '404 NR', why: 'no route matches' }],
]);

/** `1,204`, wherever the process runs. */
const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function requestsText(requests: number): string {
  return `${numbers.format(requests)} request${requests === 1 ? '' : 's'}`;
}
