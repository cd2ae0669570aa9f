import { field, isObject } from '../../object.ts';
import { errorIf, type Finding, listedErrorIf, warning } from '../finding.ts';
import { LABEL } from './names.ts';
import { quoted } from './text.ts';

const QUALIFIED_NAME = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const TAG_KEY = new RegExp(`^(${LABEL}(?:\\.${LABEL})*/)?(${QUALIFIED_NAME})$`);
const TAG_VALUE = new RegExp(`^(?:${QUALIFIED_NAME})?$`);
const LONGEST_NAME = 63;
const LONGEST_PREFIX = 253;

/** istiod calls labels of workloads tags. */
export function labelErrors(labels: unknown): readonly Finding[] {
  return entries(labels).flatMap(([key, value]) => [
    ...tagKeyErrors(key),
    ...listedErrorIf(!TAG_VALUE.test(value), `invalid tag value: ${quoted(value)}`),
  ]);
}

function tagKeyErrors(key: string): readonly Finding[] {
  const [whole, prefix = '', name = ''] = TAG_KEY.exec(key) ?? [];
  const invalid = `invalid tag key: ${quoted(key)}`;
  if (whole === undefined) return listedErrorIf(true, invalid);
  if (prefix.length - 1 > LONGEST_PREFIX) return listedErrorIf(true, `${invalid} (DNS prefix is too long)`);
  return listedErrorIf(name.length > LONGEST_NAME, `${invalid} (name is too long)`);
}

/** Checks a selector of workloads. Its labels are in `labels` or, in newer kinds, in `matchLabels`. */
export function selectorFindings(selector: unknown, labels: 'labels' | 'matchLabels'): readonly Finding[] {
  if (selector === undefined) return [];
  const pairs = entries(field(selector, labels));
  if (pairs.length === 0) return [warning('workload selector specified without labels')];
  return pairs.flatMap(([key, value]) => {
    const pair = quoted(`${key}=${value}`);
    return [
      ...errorIf(key === '', `empty key is not supported in selector: ${pair}`),
      ...errorIf(`${key}${value}`.includes('*'), `wildcard is not supported in selector: ${pair}`),
    ];
  });
}

function entries(labels: unknown): readonly (readonly [string, string])[] {
  return Object.entries(isObject(labels) ? labels : {}).map(([key, value]) => [key, String(value)]);
}
