import { field, isObject } from '../../object.ts';
import { error, errorIf, type Finding, warning } from '../finding.ts';
import { isAddress, UNIX, unixPathErrors } from '../values/addresses.ts';
import { labelErrors } from '../values/labels.ts';
import { fullNameErrors, portNameErrors } from '../values/names.ts';
import { portErrors } from '../values/numbers.ts';
import { quoted } from '../values/text.ts';

/** Checks an endpoint of a ServiceEntry with resolution STATIC. `portNames`: the ports of the ServiceEntry. */
export function staticEndpointFindings(endpoint: unknown, portNames: readonly string[]): readonly Finding[] {
  const address = String(field(endpoint, 'address') ?? '');
  const network = String(field(endpoint, 'network') ?? '');
  if (address === '' && network === '') return [error('address is required')];
  const isUnix = address.startsWith(UNIX);
  return [
    ...(address === '' ? [warning(`address is unset with network ${quoted(network)}`)] : []),
    ...(isUnix ? unixErrors(endpoint, address) : []),
    ...errorIf(
      address !== '' && !isUnix && !isAddress(address),
      `endpoint address ${quoted(address)} is not a valid IP address`,
    ),
    ...portsErrors(endpoint, portNames),
    ...labelErrors(field(endpoint, 'labels')),
    ...errorIf(isUnix && new Set(portNames).size !== 1, 'exactly 1 service port required for unix endpoints'),
  ];
}

function unixErrors(endpoint: unknown, address: string): readonly Finding[] {
  return [
    ...unixPathErrors(address.slice(UNIX.length)),
    ...errorIf(portsOf(endpoint).length > 0, `unix endpoint ${address} must not include ports`),
  ];
}

/** Checks an endpoint of a ServiceEntry with resolution DNS. */
export function dnsEndpointErrors(endpoint: unknown, portNames: readonly string[]): readonly Finding[] {
  const address = String(field(endpoint, 'address') ?? '');
  const isGood = isAddress(address) || fullNameErrors(address).length === 0;
  return [
    ...errorIf(!isGood, `endpoint address ${quoted(address)} is not a valid FQDN or an IP address`),
    ...labelErrors(field(endpoint, 'labels')),
    ...portsErrors(endpoint, portNames),
  ];
}

function portsErrors(endpoint: unknown, portNames: readonly string[]): readonly Finding[] {
  return portsOf(endpoint).flatMap(([name, port]) => [
    ...errorIf(!portNames.includes(name), `endpoint port ${port} is not defined by the service entry`),
    ...portNameErrors(name),
    ...portErrors(port),
  ]);
}

function portsOf(endpoint: unknown): readonly (readonly [string, unknown])[] {
  const ports = field(endpoint, 'ports');
  return Object.entries(isObject(ports) ? ports : {});
}
