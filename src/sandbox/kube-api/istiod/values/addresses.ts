import { isIP } from 'node:net';
import { error, errorIf, type Finding } from '../finding.ts';

export const UNIX = 'unix://';

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function addressErrors(text: string): readonly Finding[] {
  return errorIf(!isAddress(text), `${text} is not a valid IP`);
}

/** Checks an IP address, or a range of them. */
export function subnetErrors(subnet: string): readonly Finding[] {
  const [address = '', length, ...rest] = subnet.split('/');
  if (length === undefined || rest.length > 0) return addressErrors(subnet);
  const most = isIP(address) === 4 ? 32 : 128;
  const isGood = isAddress(address) && !address.includes('%') && /^(?:0|[1-9]\d{0,2})$/.test(length);
  return errorIf(!isGood || Number(length) > most, `${subnet} is not a valid CIDR block`);
}

/** Checks the path of a Unix domain socket. */
export function unixPathErrors(path: string): readonly Finding[] {
  if (path === '') return [error('unix address must not be empty')];
  if (path.startsWith('@')) return [];
  return errorIf(!path.startsWith('/') || path.endsWith('/'), `${path} is not an absolute path to a file`);
}

/** Where a listener binds: an IP address. Empty: wherever the proxy does. */
export function bindErrors(bind: string): readonly Finding[] {
  return bind === '' ? [] : addressErrors(bind);
}
