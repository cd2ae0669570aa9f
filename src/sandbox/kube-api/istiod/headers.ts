import { at, isObject } from '../object.ts';
import { error, errorIf, type Finding } from './finding.ts';
import { quoted, texts } from './names.ts';

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
  const operations = [at(headers, 'request', 'set'), at(headers, 'request', 'add')].map((one) =>
    isObject(one) ? Object.entries(one).filter(([name]) => isAuthority(name)) : [],
  );
  const rewritten = String(at(rewrite, 'authority') ?? '');
  const values = [...(rewritten === '' ? [] : [rewritten]), ...operations.flat().map(([, value]) => String(value))];
  const [first, second] = values;
  if (first === undefined || second === undefined) return [];
  const both = `have ${quoted(first)}, attempting to set ${quoted(second)}`;
  return [error(`authority header cannot be set multiple times: ${both}`)];
}

function valuesErrors(values: unknown, namesErrors: (name: string) => readonly Finding[]): readonly Finding[] {
  const entries = isObject(values) ? Object.entries(values) : [];
  return entries.flatMap(([name, value]) => [...namesErrors(name), ...valueErrors(String(value))]);
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

/** A header's value may contain tabs, but no other control characters. */
function valueErrors(value: string): readonly Finding[] {
  const hasControl = [...value].some((char) => (char < ' ' && char !== '\t') || char === '\u007f');
  return errorIf(hasControl, `header value configuration ${value} is invalid`);
}

function isInternal(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}

function isAuthority(name: string): boolean {
  return [':authority', 'host'].includes(name.toLowerCase());
}
