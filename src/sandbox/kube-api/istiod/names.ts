import { isIP } from 'node:net';
import { durationNanoseconds } from '../duration.ts';
import { field, isObject, items } from '../object.ts';
import { error, errorIf, type Finding, warning } from './finding.ts';

/** Unlike Kubernetes, istiod allows capital letters in a label. */
const LABEL = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?';
const QUALIFIED_NAME = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const WHOLE_LABEL = new RegExp(`^${LABEL}$`);
const WILDCARD_LABEL = new RegExp(`^(?:\\*|(?:\\*|\\*-)?${LABEL})$`);
const TAG_KEY = new RegExp(`^(${LABEL}(?:\\.${LABEL})*/)?(${QUALIFIED_NAME})$`);
const TAG_VALUE = new RegExp(`^(?:${QUALIFIED_NAME})?$`);
const LONGEST_LABEL = 63;
const LONGEST_PREFIX = 253;
const HEADER_NAME = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;
const PSEUDO_HEADERS = [':method', ':scheme', ':authority', ':path', ':status'];
/** A match may name a claim of a JWT in place of a header. */
const CLAIM = /^@request\.auth\.claims[.[]/;
const MESH = 'mesh';
const A_MILLISECOND = 1_000_000;

export function isLabel(name: string): boolean {
  return name.length <= LONGEST_LABEL && WHOLE_LABEL.test(name);
}

export function isClaim(header: string): boolean {
  return CLAIM.test(header);
}

/** Checks a host, which may begin with `*`. */
export function domainErrors(domain: string): readonly Finding[] {
  const [first = '', ...rest] = domain.split('.');
  if (domain.length > 255) return [error(`domain name ${quoted(domain)} too long (max 255)`)];
  if (domain === '') return [error('empty domain name not allowed')];
  if (first.length > LONGEST_LABEL || !WILDCARD_LABEL.test(first)) return [invalidDomain(domain, first)];
  return rest.length === 0 ? [] : labelsErrors(rest.join('.'));
}

/** Checks a host without wildcards. */
export function fullNameErrors(name: string): readonly Finding[] {
  if (name.length > 255) return [error(`domain name ${quoted(name)} too long (max 255)`)];
  return name === '' ? [error('empty domain name not allowed')] : labelsErrors(name);
}

/** Checks a host of a VirtualService, which may also be an IP address. */
export function hostErrors(host: string): readonly Finding[] {
  return isIP(host) === 0 ? domainErrors(host) : [];
}

function labelsErrors(domain: string): readonly Finding[] {
  const parts = domain.split('.');
  const last = parts.at(-1) ?? '';
  if (/^[-+]?\d+$/.test(last)) {
    return [error(`domain name ${quoted(domain)} invalid (top level domain ${quoted(last)} cannot be all-numeric)`)];
  }
  // The last part may be empty, as in `istio.io.`
  const wrong = parts.find((label, at) => !isLabel(label) && !(at === parts.length - 1 && label === ''));
  return wrong === undefined ? [] : [invalidDomain(domain, wrong)];
}

function invalidDomain(domain: string, label: string): Finding {
  return error(`domain name ${quoted(domain)} invalid (label ${quoted(label)} invalid)`);
}

/** Whether two hosts of a VirtualService have traffic in common. */
export function hostsOverlap(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (one.startsWith('*') && other.startsWith('*')) return long.slice(1).endsWith(short.slice(1));
  if (one.startsWith('*')) return other.endsWith(one.slice(1));
  return other.startsWith('*') ? one.endsWith(other.slice(1)) : one === other;
}

/** Whether `other` covers everything that `host` covers. */
export function isHostWithin(host: string, other: string): boolean {
  if (!other.startsWith('*')) return host === other;
  const isLonger = !host.startsWith('*') || host.length >= other.length;
  return isLonger && host.replace(/^\*/, '').endsWith(other.slice(1));
}

export function appliesToGateway(gateways: readonly unknown[]): boolean {
  return gateways.length > 0 && !gateways.includes(MESH);
}

/** Like istiod, checks names up to the first one in the old format, and none after it. */
export function gatewayFindings(names: readonly unknown[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const name of names.map(String)) {
    const slash = name.indexOf('/');
    if (slash === -1) return [...findings, ...oldGatewayFindings(name)];
    findings.push(...gatewayErrors(name.slice(0, slash), name.slice(slash + 1)));
  }
  return findings;
}

function oldGatewayFindings(name: string): readonly Finding[] {
  const [gateway = '', namespace = ''] = name.split('.');
  const advice = `using legacy gatewayName format ${quoted(name)}; prefer the <namespace>/<name> format: ${quoted(`${namespace}/${gateway}`)}`;
  return [...(name.includes('.') ? [warning(advice)] : []), ...fullNameErrors(name)];
}

function gatewayErrors(namespace: string, name: string): readonly Finding[] {
  return [
    ...errorIf(namespace === '' || name === '', 'config namespace and gateway name cannot be empty'),
    ...errorIf(!isLabel(namespace), `invalid value for namespace: ${quoted(namespace)}`),
    ...errorIf(!isLabel(name), `invalid value for gateway name: ${quoted(name)}`),
  ];
}

/** Checks the namespaces that an object is visible to. */
export function exportToErrors(namespace: string, exportTo: readonly unknown[]): readonly Finding[] {
  const seen = new Set<string>();
  const findings = exportTo.map(String).flatMap((entry) => {
    const name = entry === '.' ? namespace : entry;
    const isKnown = seen.has(name);
    const wrong = visibilityErrors(name);
    if (wrong.length === 0) seen.add(name);
    if (!isKnown) return wrong;
    return [
      name === entry
        ? error(`duplicate entries in exportTo for entry ${entry}`)
        : error(`duplicate entries in exportTo: . and current namespace ${namespace}`),
    ];
  });
  const isMixed = seen.has('*') && exportTo.length > 1;
  const mixed = 'cannot have both public (*) and non-public exportTo values for a resource';
  return [...findings, ...errorIf(isMixed, mixed)];
}

function visibilityErrors(name: string): readonly Finding[] {
  if (name === '.' || name === '*') return [];
  if (name === '~') return [error('exportTo ~ (none) is not allowed for Istio configuration objects')];
  return errorIf(!isLabel(name), 'only .,*,~, or a valid DNS 1123 label is allowed as exportTo entry');
}

export function labelErrors(labels: unknown): readonly Finding[] {
  const entries = isObject(labels) ? Object.entries(labels) : [];
  return entries.flatMap(([key, value]) => [
    ...tagKeyErrors(key),
    ...errorIf(!TAG_VALUE.test(String(value)), `invalid tag value: ${quoted(String(value))}`),
  ]);
}

function tagKeyErrors(key: string): readonly Finding[] {
  const [whole, prefix = '', name = ''] = TAG_KEY.exec(key) ?? [];
  if (whole === undefined) return [error(`invalid tag key: ${quoted(key)}`)];
  if (prefix.length - 1 > LONGEST_PREFIX) return [error(`invalid tag key: ${quoted(key)} (DNS prefix is too long)`)];
  return errorIf(name.length > LONGEST_LABEL, `invalid tag key: ${quoted(key)} (name is too long)`);
}

export function subsetErrors(name: unknown): readonly Finding[] {
  return name === ''
    ? [error('subset name cannot be empty')]
    : errorIf(!isLabel(String(name)), `subset name is invalid: ${name}`);
}

export function portErrors(port: unknown): readonly Finding[] {
  const number = Number(port ?? 0);
  return errorIf(number < 1 || number > 65_535, `port number ${number} must be in the range 1..65535`);
}

export function durationErrors(duration: unknown): readonly Finding[] {
  if (duration === undefined) return [];
  const nanoseconds = durationNanoseconds(String(duration)) ?? 0;
  if (nanoseconds < A_MILLISECOND) return [error('duration must be greater than 1ms')];
  return errorIf(nanoseconds % A_MILLISECOND !== 0, 'only durations to ms precision are supported');
}

export function matchedHeaderErrors(name: string): readonly Finding[] {
  if (name === '') return [error('header name cannot be empty')];
  const isGood = isClaim(name) || PSEUDO_HEADERS.includes(name) || HEADER_NAME.test(name);
  return errorIf(!isGood, `header name ${name} is not a valid header name`);
}

export function corsHeaderErrors(name: string): readonly Finding[] {
  if (name === '') return [error('header name cannot be empty')];
  return errorIf(name !== '*' && !HEADER_NAME.test(name), `header name ${name} is not a valid header name`);
}

/** Checks a match by exact value, prefix or regular expression. */
export function stringMatchErrors(match: unknown, where: string): readonly Finding[] {
  if (field(match, 'prefix') === '') return [error(`${quoted(where)}: prefix string match should not be empty`)];
  return regexErrors(field(match, 'regex'), where);
}

export function regexErrors(regex: unknown, where: string): readonly Finding[] {
  if (regex === undefined) return [];
  const text = String(regex);
  if (text === '') return [error(`${quoted(where)}: regex string match should not be empty`)];
  if (text.length > 1024) return [error(`${quoted(where)}: regex is too large, max length allowed is 1024`)];
  const why = whatRe2Refuses(text);
  const syntax = 'Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)';
  return why === undefined ? [] : [error(`${quoted(where)}: error parsing regexp: ${why}; ${syntax}`)];
}

/** Finds common mistakes only: syntax of other regex dialects, and unbalanced brackets. */
function whatRe2Refuses(regex: string): string | undefined {
  const [perl] = /\(\?(?:[=!]|<[=!])/.exec(regex) ?? [];
  if (perl !== undefined) return `invalid or unsupported Perl syntax: \`${perl}\``;
  const [, dangling] = /^([*+?])/.exec(regex) ?? [];
  if (dangling !== undefined) return `missing argument to repetition operator: \`${dangling}\``;
  const plain = regex.replace(/\\./g, '').replace(/\[\^?\]?[^\]]*\]/g, '');
  const depth = [...plain].reduce((open, char) => open + (char === '(' ? 1 : char === ')' ? -1 : 0), 0);
  if (depth > 0) return `missing closing ): \`${regex}\``;
  return depth < 0 ? `unexpected ): \`${regex}\`` : undefined;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

export function texts(value: unknown): readonly string[] {
  return items(value).map(String);
}
