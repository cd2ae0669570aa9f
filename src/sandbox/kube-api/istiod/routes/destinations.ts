import { at, field, isObject, items } from '../../object.ts';
import { error, errorIf, type Finding, listedErrorIf } from '../finding.ts';
import { domainErrors, subsetErrors } from '../values/names.ts';
import { portErrors } from '../values/numbers.ts';
import { headersErrors } from './headers.ts';

/** Checks the destinations of one route of any protocol. Weights may have any sum but 0. */
export function destinationsErrors(destinations: readonly unknown[]): readonly Finding[] {
  const weights = destinations.map((one) => Number(field(one, 'weight') ?? 0));
  // istiod adds them up in 32 bits, where a large sum may come out as 0.
  const sum = weights.reduce((total, weight) => (total + weight) | 0, 0);
  return [
    ...destinations.flatMap((one, at) => [
      ...listedErrorIf(field(one, 'destination') === undefined, 'destination is required'),
      ...headersErrors(field(one, 'headers')),
      ...destinationErrors(field(one, 'destination')),
      ...errorIf((weights[at] ?? 0) < 0, `weight ${weights[at]} < 0`),
    ]),
    ...errorIf(destinations.length > 1 && sum === 0, 'total destination weight = 0'),
  ];
}

export function destinationErrors(destination: unknown): readonly Finding[] {
  if (!isObject(destination)) return [];
  const { host = '', subset = '', port } = destination;
  return [
    ...(host === '*' ? [error(`invalid destination host ${host}`)] : domainErrors(String(host))),
    ...(subset === '' ? [] : subsetErrors(String(subset))),
    ...(port === undefined ? [] : portErrors(field(port, 'number'))),
  ];
}

export function mirrorsErrors(mirrors: unknown): readonly Finding[] {
  return items(mirrors).flatMap((mirror) => {
    const destination = field(mirror, 'destination');
    if (destination === undefined) return [error('destination is required for mirrors')];
    return [...destinationErrors(destination), ...shareErrors('mirror percentage', at(mirror, 'percentage', 'value'))];
  });
}

export function shareErrors(name: string, value: unknown): readonly Finding[] {
  if (value === undefined) return [];
  const share = Number(value);
  return [
    ...errorIf(share > 100, `${name} must have a max value of 100 (it has ${share.toFixed(6)})`),
    ...errorIf(share < 0, `${name} must have a min value of 0 (it has ${share.toFixed(6)})`),
  ];
}
