import type { KubeObject } from '../../object.ts';
import { field, items } from '../../object.ts';
import { errorIf, type Finding, warning, warningIf } from '../finding.ts';
import { subnetErrors } from '../values/addresses.ts';
import { selectorFindings } from '../values/labels.ts';
import { domainErrors, hasPartialWildcard, portNameErrors } from '../values/names.ts';
import { portErrors } from '../values/numbers.ts';
import { isHttp, isTls, protocolErrors } from '../values/protocols.ts';
import { quoted, texts } from '../values/text.ts';
import { exportToErrors } from '../visibility.ts';
import { resolutionFindings } from './resolution.ts';

/** A label with which a ServiceEntry refuses addresses that Istio makes up. */
const AUTO_ADDRESS = 'networking.istio.io/enable-autoallocate-ip';

export function serviceEntryFindings(object: KubeObject): readonly Finding[] {
  const { metadata, spec } = object;
  const of = (name: string) => field(spec, name);
  const selector = selectorFindings(of('workloadSelector'), 'labels');
  if (selector.some(({ severity }) => severity === 'error')) return selector;
  const hosts = texts(of('hosts'));
  const resolution = String(of('resolution') ?? 'NONE');
  const isBoth = of('workloadSelector') !== undefined && items(of('endpoints')).length > 0;
  return [
    ...selector.map(({ text }) => warning(`service entry: ${text}, will be applied to all services in namespace`)),
    ...errorIf(isBoth, 'only one of WorkloadSelector or Endpoints is allowed in Service Entry'),
    ...errorIf(hosts.length === 0, 'service entry must have at least one host'),
    ...hosts.flatMap((host) => hostFindings(host, resolution)),
    ...addressErrors(texts(of('addresses')), resolution),
    ...portsFindings(items(of('ports')), needsAddresses(object)),
    ...resolutionFindings(object),
    ...sharedPortErrors(hosts, items(of('ports')), resolution),
    ...exportToErrors({ kind: 'ServiceEntry', namespace: metadata.namespace ?? '', exportTo: of('exportTo') }),
  ];
}

function hostFindings(host: string, resolution: string): readonly Finding[] {
  if (host === '*') return errorIf(true, `invalid host ${host}`);
  const isPartial = resolution !== 'DYNAMIC_DNS' && hasPartialWildcard(host);
  return [...domainErrors(host), ...warningIf(isPartial, `partial wildcard ${quoted(host)} not allowed`)];
}

function addressErrors(addresses: readonly string[], resolution: string): readonly Finding[] {
  const hasRange = addresses.some((address) => address.includes('/'));
  const allowed = 'CIDR addresses are allowed only for NONE/STATIC resolution types';
  return [
    ...addresses.flatMap(subnetErrors),
    ...errorIf(hasRange && !['NONE', 'STATIC'].includes(resolution), allowed),
  ];
}

/** Whether TCP would need addresses: there are none, and Istio makes up none. */
function needsAddresses({ metadata, spec }: KubeObject): boolean {
  const isNone = String(field(spec, 'resolution') ?? 'NONE') === 'NONE';
  const refuses = metadata.labels?.[AUTO_ADDRESS]?.toLowerCase() === 'false';
  return items(field(spec, 'addresses')).length === 0 && (isNone || refuses);
}

function portsFindings(ports: readonly unknown[], needsAddresses: boolean): readonly Finding[] {
  const names = ports.map((port) => String(field(port, 'name') ?? ''));
  const numbers = ports.map((port) => Number(field(port, 'number') ?? 0));
  const needed =
    'addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled';
  return ports.flatMap((port, index) => {
    const [name = '', number = 0, protocol] = [names[index], numbers[index], String(field(port, 'protocol') ?? '')];
    const target = Number(field(port, 'targetPort') ?? 0);
    return [
      ...errorIf(names.indexOf(name) < index, `service entry port name ${quoted(name)} already defined`),
      ...errorIf(numbers.indexOf(number) < index, `service entry port ${number} already defined`),
      ...(target === 0 ? [] : portErrors(target)),
      ...warningIf(needsAddresses && ['', 'TCP'].includes(protocol), needed),
      ...portNameErrors(name),
      ...protocolErrors(protocol),
      ...portErrors(number),
    ];
  });
}

/** Of plain TCP the proxy cannot tell which of several hosts is meant. */
function sharedPortErrors(hosts: readonly string[], ports: readonly unknown[], resolution: string): readonly Finding[] {
  const isPlain = ports
    .map((port) => String(field(port, 'protocol') ?? ''))
    .some((name) => !isHttp(name) && !isTls(name));
  return errorIf(
    resolution !== 'NONE' && hosts.length > 1 && isPlain,
    'multiple hosts provided with non-HTTP, non-TLS ports',
  );
}
