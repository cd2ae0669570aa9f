import { error, errorIf, type Finding } from '../finding.ts';
import { isAddress } from './addresses.ts';
import { domainErrors, hasPartialWildcard, isLabel } from './names.ts';
import { quoted } from './text.ts';

/** Checks a host of a Gateway, with or without a namespace: `reviews.com`, `bookinfo/reviews.com`. It may be an IP address. */
export function gatewayHostErrors(host: string): readonly Finding[] {
  const [namespace, name] = split(host);
  if (namespace === undefined) return nameErrors(name, addressOrDomainErrors(name));
  const isScope = ['*', '.'].includes(namespace) || isLabel(namespace);
  return [
    ...emptyErrors(namespace, name),
    ...errorIf(!isScope, `invalid namespace value ${quoted(namespace)} in gateway`),
    ...nameErrors(name, addressOrDomainErrors(name)),
  ];
}

/** Checks a host of a Sidecar: `bookinfo/*`, `./reviews.com`. A namespace after `~` is left out. */
export function sidecarHostErrors(host: string): readonly Finding[] {
  const [namespace, name] = split(host);
  if (namespace === undefined) return [error('host must be of form namespace/dnsName')];
  const scope = namespace.replace(/^~/, '');
  const isScope = ['', '*', '.'].includes(scope) || isLabel(scope);
  return [
    ...emptyErrors(namespace, name),
    ...errorIf(!isScope, `invalid namespace value ${quoted(namespace)} in sidecar`),
    // istiod says it once because it is no domain, and once more because it is no address.
    ...nameErrors(name, [...domainErrors(name), ...addressOrDomainErrors(name)]),
  ];
}

function split(host: string): readonly [namespace: string | undefined, name: string] {
  const slash = host.indexOf('/');
  return slash === -1 ? [undefined, host] : [host.slice(0, slash), host.slice(slash + 1)];
}

function emptyErrors(namespace: string, name: string): readonly Finding[] {
  return errorIf(namespace === '' || name === '', 'config namespace and dnsName in host entry cannot be empty');
}

function addressOrDomainErrors(name: string): readonly Finding[] {
  return isAddress(name) ? [] : domainErrors(name);
}

function nameErrors(name: string, wrong: readonly Finding[]): readonly Finding[] {
  return [
    ...errorIf(name !== '*' && !name.includes('.'), 'short names (non FQDN) are not allowed'),
    ...wrong,
    ...errorIf(hasPartialWildcard(name), `partial wildcard ${quoted(name)} not allowed`),
  ];
}
