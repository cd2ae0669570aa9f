import { at, field, isObject } from '../../object.ts';
import { error, errorIf, type Finding } from '../finding.ts';
import { quoted, texts } from '../values/text.ts';
import { headerValueErrors } from './header-value.ts';

const TOKEN = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;
const PSEUDO_HEADERS = [':method', ':scheme', ':authority', ':path', ':status'];
/** A match may name a claim of a JWT in place of a header. */
const CLAIM = /^@request\.auth\.claims(?:\..|\[.+\]$)/is;

export function isClaim(header: string): boolean {
  return CLAIM.test(header);
}

export function matchedHeaderErrors(name: string): readonly Finding[] {
  return isClaim(name) || PSEUDO_HEADERS.includes(name) ? [] : headerNameErrors(name);
}

export function headerNameErrors(name: string): readonly Finding[] {
  if (name === '') return [error('header name cannot be empty')];
  return errorIf(!TOKEN.test(name), `header name ${name} is not a valid header name`);
}

/** Checks the headers that a route adds, sets and removes. */
export function headersErrors(headers: unknown): readonly Finding[] {
  return [
    ...valuesErrors(at(headers, 'request', 'add'), requestNameErrors),
    ...valuesErrors(at(headers, 'request', 'set'), requestNameErrors),
    ...texts(at(headers, 'request', 'remove')).flatMap(nameErrors),
    ...valuesErrors(at(headers, 'response', 'add'), nameErrors),
    ...valuesErrors(at(headers, 'response', 'set'), nameErrors),
    ...texts(at(headers, 'response', 'remove')).flatMap(nameErrors),
  ];
}

/** The authority may be set in one place only. */
export function authorityErrors(rewrite: unknown, headers: unknown): readonly Finding[] {
  const operations = [at(headers, 'request', 'set'), at(headers, 'request', 'add')].flatMap(entries);
  let current = String(field(rewrite, 'authority') ?? '');
  for (const [name, value] of operations) {
    if (!isAuthority(name)) continue;
    const both = `have ${quoted(current)}, attempting to set ${quoted(value)}`;
    if (current !== '') return [error(`authority header cannot be set multiple times: ${both}`)];
    current = value;
  }
  return [];
}

function valuesErrors(values: unknown, namesErrors: (name: string) => readonly Finding[]): readonly Finding[] {
  return entries(values).flatMap(([name, value]) => [...namesErrors(name), ...headerValueErrors(value)]);
}

function entries(values: unknown): readonly (readonly [string, string])[] {
  return Object.entries(isObject(values) ? values : {}).map(([name, value]) => [name, String(value)]);
}

function requestNameErrors(name: string): readonly Finding[] {
  if (name === '') return [error('header name cannot be empty')];
  return errorIf(isInternal(name) && !isAuthority(name), prefixed(name));
}

function nameErrors(name: string): readonly Finding[] {
  if (name === '') return [error('header name cannot be empty')];
  if (name.toLowerCase() === 'host') return [error(`invalid header ${quoted(name)}: cannot set Host header`)];
  return errorIf(isInternal(name), prefixed(name));
}

function prefixed(name: string): string {
  return `invalid header ${quoted(name)}: header cannot have ":" prefix`;
}

function isInternal(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}

function isAuthority(name: string): boolean {
  return [':authority', 'host'].includes(name.toLowerCase());
}
