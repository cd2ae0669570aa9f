import { formatDuration } from '../domain/language/duration.ts';
import { type Freeze, type FreezeWindow, windowAt, windowsAfter } from '../domain/policy/freeze.ts';
import { nextOpening, withinHours } from '../domain/policy/hours.ts';
import type { PolicyRule } from '../domain/policy/policy.ts';
import type { NamedRamp } from '../domain/policy/ramps/ramp-rule.ts';
import { againstAudit } from './against-audit.ts';
import { describeFault, openPolicy } from './policy-file.ts';

export interface Checked {
  readonly ok: boolean;
  readonly text: string;
}

const windowsShown = 3;

/**
 * `npm start -- --check-policy FILE [--against audit.ndjson]`: a summary of the file, or all its faults; and which decisions of the past
 * would be others under it.
 */
export function checkPolicy(path: string, now: Date, audit?: string): Checked {
  const opened = openPolicy(path);
  if (!opened.ok) {
    const { faults } = opened;
    return {
      ok: false,
      text: [`${path}: ${counted(faults.length, 'fault')}`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
    };
  }
  const { policy, groups, warnings } = opened.first.read;
  const { rules = [], freezes, ramps, sequences } = policy;
  const counts = [
    counted(rules.length, 'rule'),
    counted(groups, 'group'),
    counted(freezes.length, 'freeze'),
    counted(ramps.size, 'ramp'),
  ];
  const lines = [
    `${path}: ok, ${counts.join(', ')}`,
    ...warnings.map((warning) => `  warning: ${describeFault(warning)}`),
    ...[...ramps.values()].map(describeRamp),
    ...[...sequences].map(([name, clusters]) => `  sequence ${name}: ${clusters.join(', then ')}`),
    ...rules.flatMap((rule) => describeHours(rule, now)),
    ...comingFreezes(freezes, now),
    ...(audit === undefined ? [] : againstAudit(policy, audit)),
  ];
  return { ok: true, text: lines.join('\n') };
}

/** How long it takes at least to reach its last step, because that is easily misread in a list of steps. */
function describeRamp({ name, text, steps }: NamedRamp): string {
  const before = steps.slice(0, -1).map(({ stay }) => stay);
  const ms = before.reduce((sum, stay) => sum + (stay.kind === 'for' ? stay.ms : 0), 0);
  const asks = before.filter(({ kind }) => kind === 'ask').length;
  const asked = asks === 0 ? '' : `, and asks ${asks === 1 ? 'once' : `${asks} times`}`;
  return `  ramp ${name}, ${text}: ${steps.at(-1)?.percent} % after ${formatDuration(ms)}${asked}`;
}

function describeHours({ name, hours }: PolicyRule, now: Date): readonly string[] {
  if (hours === undefined) return [];
  const state = withinHours(hours, now) ? 'now' : `next ${inZone(nextOpening(hours, now), hours.timezone)}`;
  return [`  hours of ${name}, ${hours.text}: ${state}`];
}

function comingFreezes(freezes: readonly Freeze[], now: Date): readonly string[] {
  return freezes
    .flatMap((freeze) => {
      const current = windowAt(freeze, now);
      const coming = windowsAfter(freeze, now, windowsShown);
      return [...(current === undefined ? [] : [current]), ...coming].map((window) => ({ freeze, window }));
    })
    .toSorted((a, b) => a.window.from.getTime() - b.window.from.getTime())
    .slice(0, windowsShown)
    .map(({ freeze, window }) => `  freeze ${describeWindow(freeze, window)}`);
}

function describeWindow({ name, target, timezone }: Freeze, { from, until }: FreezeWindow): string {
  const lasts =
    until === undefined
      ? 'with no end'
      : `to ${inZone(until, timezone)} (${formatDuration(until.getTime() - from.getTime())})`;
  return `${name}, ${target}: ${inZone(from, timezone)} ${lasts} ${timezone}`;
}

/** `Fri 2026-11-27 18:00` */
function inZone(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
