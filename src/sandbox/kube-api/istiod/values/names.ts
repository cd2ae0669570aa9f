import { error, errorIf, type Finding } from '../finding.ts';
import { integer } from './numbers.ts';
import { quoted, size } from './text.ts';

/** Unlike Kubernetes, istiod allows capital letters in a label. */
export const LABEL = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?';
const WHOLE_LABEL = new RegExp(`^${LABEL}$`);
const WILDCARD_LABEL = new RegExp(`^(?:\\*|(?:\\*|\\*-)?${LABEL})$`);
const LONGEST_LABEL = 63;
/** How a gateway with AUTO_PASSTHROUGH names a cluster in SNI. */
const AUTO_SNI = 'outbound_.<PORT>_._.<HOSTNAME>';

export function isLabel(name: string): boolean {
  return name.length <= LONGEST_LABEL && WHOLE_LABEL.test(name);
}

/** Checks a host, which may begin with `*`. */
export function domainErrors(domain: string): readonly Finding[] {
  const wrong = lengthErrors(domain);
  if (wrong.length > 0) return wrong;
  const [first = '', ...rest] = domain.split('.');
  if (first.length > LONGEST_LABEL || !WILDCARD_LABEL.test(first)) return [invalidDomain(domain, first)];
  return rest.length === 0 ? [] : labelsErrors(rest.join('.'));
}

/** Checks a host without wildcards. */
export function fullNameErrors(name: string): readonly Finding[] {
  const wrong = lengthErrors(name);
  return wrong.length > 0 ? wrong : labelsErrors(name);
}

/** Checks a name that comes in SNI through a gateway, which may be one of those that gateways make for each other. */
export function sniDomainErrors(domain: string): readonly Finding[] {
  if (lengthErrors(domain).length > 0 || !domain.startsWith('outbound_')) return domainErrors(domain);
  const [, port, , host] = domain.split('_').map((part) => part.replace(/^\.+|\.+$/g, ''));
  if (port === undefined || host === undefined) {
    return [error(`domain name ${domain} invalid, should follow '${AUTO_SNI}' format`)];
  }
  const invalid = (label: string) => [error(`${invalidDomain(domain, label).text}. should follow ${AUTO_SNI} format`)];
  if (!/\d/.test(port)) return invalid(port);
  return /[a-zA-Z]/.test(host) ? [] : invalid(host);
}

/** Istio allows wildcards such as `*-reviews.com` in some places, and `*.reviews.com` in all. */
export function hasPartialWildcard(host: string): boolean {
  return host.includes('*') && host.length !== 1 && !host.startsWith('*.');
}

function lengthErrors(name: string): readonly Finding[] {
  if (size(name) > 255) return [error(`domain name ${quoted(name)} too long (max 255)`)];
  return errorIf(name === '', 'empty domain name not allowed');
}

function labelsErrors(domain: string): readonly Finding[] {
  const parts = domain.split('.');
  const last = parts.at(-1) ?? '';
  if (integer(last) !== undefined) {
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

export function portNameErrors(name: string): readonly Finding[] {
  return errorIf(!isLabel(name), `invalid port name: ${name}`);
}

export function subsetErrors(name: string): readonly Finding[] {
  return name === ''
    ? [error('subset name cannot be empty')]
    : errorIf(!isLabel(name), `subset name is invalid: ${name}`);
}
