import { at, field, items } from '../../object.ts';
import { error, errorIf, type Finding, warningIf } from '../finding.ts';
import { durationErrors } from '../values/numbers.ts';
import { localityFindings, zoneAwareFindings } from './locality.ts';

const LARGEST_TABLE = 5_000_011;

/** `hasOutlierDetection`: requests fail over to another region only if failures are noticed. */
export function loadBalancerFindings(balancer: unknown, hasOutlierDetection: boolean): readonly Finding[] {
  const [locality, zone] = [field(balancer, 'localityLbSetting'), field(balancer, 'zoneAwareLbSetting')];
  const isBoth = locality !== undefined && zone !== undefined;
  return [
    ...consistentHashFindings(field(balancer, 'consistentHash')),
    ...errorIf(isBoth, 'only one of localityLbSetting and zoneAwareLbSetting can be set'),
    ...localityFindings(locality, hasOutlierDetection),
    ...zoneAwareFindings(zone, hasOutlierDetection),
    ...warmupErrors(field(balancer, 'warmup')),
  ];
}

function consistentHashFindings(hash: unknown): readonly Finding[] {
  const hasRing = Number(field(hash, 'minimumRingSize') ?? 0) !== 0;
  const isBoth = hasRing && (field(hash, 'ringHash') !== undefined || field(hash, 'maglev') !== undefined);
  const deprecated =
    "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead";
  return [
    ...cookieErrors(field(hash, 'httpCookie')),
    ...warningIf(hasRing, deprecated),
    ...errorIf(isBoth, 'only one of MinimumRingSize or Maglev/Ringhash can be specified'),
    ...maglevErrors(field(hash, 'maglev')),
  ];
}

function cookieErrors(cookie: unknown): readonly Finding[] {
  if (cookie === undefined) return [];
  const names = items(field(cookie, 'attributes')).map((attribute) => String(field(attribute, 'name') ?? ''));
  return [
    ...errorIf(!field(cookie, 'name'), 'name required for HttpCookie'),
    ...names.flatMap((name, index) =>
      name === ''
        ? [error('cookie attribute name cannot be empty')]
        : errorIf(names.indexOf(name) < index, `duplicate cookie attribute name: ${name}`),
    ),
  ];
}

function maglevErrors(maglev: unknown): readonly Finding[] {
  if (maglev === undefined) return [];
  const size = Number(field(maglev, 'tableSize') ?? 0);
  return [
    ...errorIf(size === 0, 'tableSize must be set for maglev'),
    ...errorIf(size >= LARGEST_TABLE, 'tableSize must be less than 5000011 for maglev'),
    ...errorIf(!isPrime(size), 'tableSize must be a prime number for maglev'),
  ];
}

function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false;
  return number > 0;
}

function warmupErrors(warmup: unknown): readonly Finding[] {
  if (warmup === undefined) return [];
  const duration = field(warmup, 'duration');
  return [
    ...(duration === undefined ? [error('duration is required')] : durationErrors(duration)),
    ...errorIf(
      Number(at(warmup, 'minimumPercent') ?? 0) > 100,
      'minimumPercent value should be less than or equal to 100',
    ),
    ...errorIf(Number(at(warmup, 'aggression') ?? 1) <= 0, 'aggression should be greater than 0'),
  ];
}
