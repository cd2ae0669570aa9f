import { re2Fault } from '../../../../domain/text/re2.ts';
import { field } from '../../object.ts';
import { error, type Finding } from '../finding.ts';
import { quoted, size } from './text.ts';

const LONGEST_REGEX = 1024;

/** Checks a match by exact value, prefix or regular expression. */
export function stringMatchErrors(match: unknown, where: string): readonly Finding[] {
  if (field(match, 'prefix') === '') return [error(`${quoted(where)}: prefix string match should not be empty`)];
  return regexMatchErrors(match, where);
}

export function regexMatchErrors(match: unknown, where: string): readonly Finding[] {
  const regex = field(match, 'regex');
  if (regex === undefined) return [];
  if (regex === '') return [error(`${quoted(where)}: regex string match should not be empty`)];
  return regexErrors(String(regex), where);
}

export function regexErrors(regex: string, where: string): readonly Finding[] {
  if (size(regex) > LONGEST_REGEX) {
    return [error(`${quoted(where)}: regex is too large, max length allowed is ${LONGEST_REGEX}`)];
  }
  const fault = re2Fault(regex);
  const syntax = 'Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)';
  return fault === undefined ? [] : [error(`${quoted(where)}: ${fault}; ${syntax}`)];
}
