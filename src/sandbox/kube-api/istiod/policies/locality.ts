import { field, isObject, items } from '../../object.ts';
import { error, errorIf, type Finding, warningIf } from '../finding.ts';
import { texts } from '../values/text.ts';

const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];
const NEEDS_OUTLIERS = 'outlier detection policy must be provided for failover';

/** How requests prefer what is near. Like istiod, stops at a setting that contradicts another, and at weights that are wrong. */
export function localityFindings(setting: unknown, hasOutlierDetection: boolean): readonly Finding[] {
  const of = (name: string) => items(field(setting, name));
  const [distribute, failover, priority] = [of('distribute'), of('failover'), texts(of('failoverPriority'))];
  if (distribute.length > 0 && failover.length > 0) {
    return [error("can not simultaneously specify 'distribute' and 'failover'")];
  }
  const topology = priority.find((label) => TOPOLOGY.includes(label));
  if (failover.length > 0 && topology !== undefined) {
    const both = `'failover' and topology label '${topology}' in 'failover_priority'`;
    return [error(`can not simultaneously set ${both}`)];
  }
  const [findings, isComplete] = distributeErrors(distribute);
  if (!isComplete) return findings;
  return [
    ...findings,
    ...overlapErrors(distribute.map((one) => String(field(one, 'from') ?? ''))),
    ...warningIf(failover.length + priority.length > 0 && !hasOutlierDetection, NEEDS_OUTLIERS),
    ...failoverErrors(failover, 'locality lb', 'only specify region'),
  ];
}

export function zoneAwareFindings(setting: unknown, hasOutlierDetection: boolean): readonly Finding[] {
  const failover = items(field(setting, 'failover'));
  const priority = texts(field(setting, 'failoverPriority'));
  const automatic = 'region- and zone-level routing are handled automatically';
  return [
    ...priority
      .filter((label) => TOPOLOGY.includes(label))
      .map((label) =>
        error(`'failover_priority' for zone aware lb must not use topology label '${label}'; ${automatic}`),
      ),
    ...warningIf(failover.length + priority.length > 0 && !hasOutlierDetection, NEEDS_OUTLIERS),
    ...failoverErrors(
      failover,
      'zone aware lb',
      'only specifies region; zone and subzone failover are handled automatically',
    ),
  ];
}

/** Also says whether all weights are right. */
function distributeErrors(distribute: readonly unknown[]): readonly [readonly Finding[], boolean] {
  const findings: Finding[] = [];
  for (const one of distribute) {
    const to = field(one, 'to');
    const shares = Object.entries(isObject(to) ? to : {}).map(([place, weight]) => [place, Number(weight)] as const);
    const sum = shares.reduce((total, [, weight]) => total + weight, 0);
    if (shares.some(([, weight]) => weight <= 0 || weight > 100)) {
      return [[...findings, error('locality weight must be in range [1, 100]')], false];
    }
    if (sum !== 100) return [[...findings, error(`total locality weight ${sum} != 100`)], false];
    findings.push(...overlapErrors(shares.map(([place]) => place)));
  }
  return [findings, true];
}

/** Places are written region/zone/subzone. The first one that is wrong, or that an earlier one covers or is within, ends the check. */
function overlapErrors(places: readonly string[]): readonly Finding[] {
  const earlier: string[][] = [];
  for (const place of places) {
    const parts = splitPlace(place);
    const wildcards = place.split('*').length - 1;
    if (wildcards > 1 || (wildcards === 1 && !place.endsWith('*'))) {
      return [error(`locality ${place} wildcard '*' number can not exceed 1 and must be in the end`)];
    }
    const overlap = [error(`locality ${place} overlap with previous specified ones`)];
    if (earlier.some(([region]) => region === '*')) return overlap;
    if (parts.includes('')) return [error(`locality ${place} must not contain empty region/zone/subzone info`)];
    if (earlier.some((known) => overlaps(known, parts))) return overlap;
    earlier.push(parts);
  }
  return [];
}

function splitPlace(place: string): string[] {
  const [region = '', zone, ...subzone] = place.split('/');
  return [region, ...(zone === undefined ? [] : [zone]), ...(subzone.length === 0 ? [] : [subzone.join('/')])];
}

/** Whether the places share anything, as far as istiod sees: it does not see that `region/*` covers a zone that came before. */
function overlaps(known: readonly string[], place: readonly string[]): boolean {
  return known.every((part, at) => part === '*' || part === place[at]) || place.every((part, at) => part === known[at]);
}

function failoverErrors(failover: readonly unknown[], what: string, regionsOnly: string): readonly Finding[] {
  return failover.flatMap((one) => {
    const [from, to] = [String(field(one, 'from') ?? ''), String(field(one, 'to') ?? '')];
    return [
      ...errorIf(from === to, `${what} failover settings must specify different regions`),
      ...errorIf(`${from}${to}`.includes('/'), `${what} failover ${regionsOnly}`),
      ...errorIf(`${from}${to}`.includes('*'), `${what} failover region should not contain '*' wildcard`),
    ];
  });
}
