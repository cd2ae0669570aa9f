import { wildcardsOver } from './hosts.ts';
import type { ObjectIndex } from './object-index.ts';
import type { Port, Service, ServiceEntry } from './objects.ts';
import { type PortProtocol, protocolOf, takesHttp } from './protocol.ts';
import { keyOf } from './shelf.ts';
import { byAge, exportsOf } from './visibility.ts';

/** A host that istiod knows, by a Service or a ServiceEntry. */
export interface KnownHost {
  readonly host: string;
  readonly namespace: string;
  readonly ports: readonly Port[];
  readonly isHeadless: boolean;
  /** The host that it is another name of (ExternalName). */
  readonly alias?: string | undefined;
  readonly source: Service | ServiceEntry;
}

/** The service of a host that callers of a namespace know. A ServiceEntry of a wildcard knows every host under it. */
export function knownHost(index: ObjectIndex, host: string, namespace: string): KnownHost | undefined {
  const service = index.services.get(host).find((each) => isExported(each, namespace));
  if (service !== undefined) return ofService(host, service);
  const entry = [host, ...wildcardsOver(host)]
    .flatMap((name) =>
      index.serviceEntries
        .get(name)
        .toSorted(byAge)
        .map((each) => ({ name, each })),
    )
    .find(({ each }) => isExported(each, namespace));
  return entry === undefined ? undefined : ofEntry(entry.name, entry.each);
}

/** The host whose address was dialled, if the name is one. */
export function hostAt(index: ObjectIndex, address: string): string | undefined {
  const [found] = index.byAddress.get(address).toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  if (found === undefined) return undefined;
  return found.kind === 'Service' ? index.hostOfService(found) : found.hosts[0];
}

/** The headless service of a pod whose address was dialled: connections to it are routed, requests are not. */
export function headlessAt(index: ObjectIndex, address: string, port = 0): string | undefined {
  return index.servicesOf(address).find((host) => {
    const [service] = index.services.get(host);
    if (service === undefined) return false;
    const known = ofService(host, service);
    return known.isHeadless && !takesHttp(portProtocol(known, port) ?? 'any');
  });
}

export function portProtocol({ ports }: KnownHost, number: number): PortProtocol | undefined {
  const port = ports.find((each) => each.number === number);
  return port === undefined ? undefined : protocolOf(port);
}

function isExported(object: Service | ServiceEntry, namespace: string): boolean {
  const exportTo = exportsOf(object, ['*']);
  return exportTo.includes('*') || exportTo.includes(namespace);
}

function ofService(host: string, source: Service): KnownHost {
  const { namespace, ports, clusterIps, externalName } = source;
  return { host, namespace, ports, isHeadless: clusterIps.includes('None'), alias: externalName, source };
}

function ofEntry(host: string, source: ServiceEntry): KnownHost {
  const { namespace, ports } = source;
  return { host, namespace, ports, isHeadless: source.resolution === 'NONE', source };
}
